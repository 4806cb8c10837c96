// The objects of claims-in-brief.js. The test decides for each method whether it is carried out, and whether it is answered,
// failed, never answered, or cut off by the object's end.
import { Claims as Brief } from "./claims-in-brief.js";

export class Claims extends Brief {
  claim(key, claimant, ms) {
    return this.#go("claim", key, () => super.claim(key, claimant, ms));
  }

  commit(key, ms) {
    return this.#go("commit", key, () => super.commit(key, ms));
  }

  release(key, claimant) {
    return this.#go("release", key, () => super.release(key, claimant));
  }

  async #go(step, key, work) {
    const { lands, says } = await this.#ask(step, { key, shard: this.ctx.id.name }).then((answer) =>
      answer.json(),
    );
    const result = lands ? await work() : undefined;
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
