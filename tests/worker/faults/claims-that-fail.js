// The objects of claims-in-brief.js. The test decides for each method whether it is carried out, and whether it is answered,
// failed, never answered, or cut off by the object's end.
import { Claims as Brief } from "./claims-in-brief.js";

export class Claims extends Brief {
  claim(keys, claimant) {
    return this.#go("claim", keys, () => super.claim(keys, claimant));
  }

  commit(keys, ms) {
    return this.#go("commit", keys, () => super.commit(keys, ms));
  }

  release(keys, claimant) {
    return this.#go("release", keys, () => super.release(keys, claimant));
  }

  /** Each delivery of the test has one event. */
  async #go(step, [key], work) {
    const { lands, says, at } = await this.#ask(step, { key, shard: this.ctx.id.name }).then(
      (answer) => answer.json(),
    );
    const result = lands ? await work() : undefined;
    if (lands) await this.ctx.storage.sync();
    if (lands) await this.#ask("landed", { key, at });
    if (says === "done") return result;
    if (says === "failed") throw new Error("told to fail");
    if (says === "nothing") return this.#ask("never", {});
    await this.ctx.storage.sync();
    this.ctx.abort("told to die");
  }

  #ask(what, query) {
    return this.env.FAULTS.fetch(`http://faults/${what}?${new URLSearchParams(query)}`);
  }
}

export default {};
