// What the demo asks of dispatch: its endpoints, what became of their deliveries, and the orders.
import { accessOf } from "../../pkg/cli/dispatch/access.js";
import { change, pathOf, read } from "../../pkg/cli/dispatch/api.js";
import { root } from "../setup.js";

const MOST = 200;

/** The name of a token that may only read. */
const DISPLAY = "shop-display";

function unlessMissing(error) {
  if (error.code !== "token_not_found") throw error;
}

export class Dispatch {
  #access;
  /** The access of the shop's display, which reads orders. */
  #display;
  /** The endpoints' ids. */
  #ids = {};
  #deadLetters = 0;

  constructor(dispatch) {
    this.#access = accessOf({ dispatch }, root);
  }

  /**
   * Creates both endpoints and a token for the display, in the place of those of an earlier demo.
   * Returns the secret of the shop's endpoint.
   */
  async create({ shop, accounting }) {
    await this.#delete("tokens", DISPLAY).catch(unlessMissing);
    const token = await this.#post("tokens", { name: DISPLAY, access: "read" });
    this.#display = { ...this.#access, token: token.secret };
    this.#deadLetters = await this.#countDeadLetters();
    const { endpoints } = await read(this.#access, pathOf(["endpoints"]));
    for (const { id, url } of endpoints)
      if (url === shop || url === accounting) await this.#delete("endpoints", id);
    const made = await this.#post("endpoints", { url: shop, description: "The shop: all events" });
    const closed = { phases: ["closed"] };
    const broken = { url: accounting, description: "Accounting, which breaks", filter: closed };
    this.#ids = { shop: made.id, accounting: (await this.#post("endpoints", broken)).id };
    return made.secret;
  }

  async #post(list, body) {
    return (await change(this.#access, "POST", pathOf([list]), body)).json();
  }

  #delete = (list, id) => change(this.#access, "DELETE", pathOf([list, id]));

  async #countDeadLetters() {
    const path = pathOf(["dead-letters"], { limit: MOST });
    return (await read(this.#access, path)).dead_letters.length;
  }

  /** Returns whether a dead letter has come since the endpoints were created. */
  async hasDeadLetter() {
    const count = await this.#countDeadLetters();
    return count > this.#deadLetters || count === MOST;
  }

  /** Returns whether nothing is to be posted to the shop any more. */
  async isDone() {
    for (const state of ["due", "leased"]) if ((await this.count("shop", state)) > 0) return false;
    return true;
  }

  /** Returns how many deliveries of an endpoint are in a state, up to 200. */
  async count(which, state) {
    const query = { state, limit: MOST };
    const path = pathOf(["endpoints", this.#ids[which], "deliveries"], query);
    return (await read(this.#access, path)).deliveries.length;
  }

  /** Returns the states of both endpoints, the shop's first, and how many events are held. */
  async outcomes() {
    const all = [];
    for (const which of ["shop", "accounting"]) {
      const endpoint = await read(this.#access, pathOf(["endpoints", this.#ids[which]]));
      const { url, active, disabled_reason: reason } = endpoint;
      const state = active ? "active" : `disabled: ${reason}`;
      all.push({ url, state, held: await this.count(which, "held") });
    }
    return all;
  }

  /** Pauses the shop's: its server ends with the demo. */
  pause = () =>
    change(this.#access, "PATCH", pathOf(["endpoints", this.#ids.shop]), { active: false });

  async clean() {
    for (const id of Object.values(this.#ids)) await this.#delete("endpoints", id);
    await this.#delete("tokens", DISPLAY);
  }

  /** Returns an order with its timeline; undefined while dispatch does not know it. */
  async order(source, id) {
    try {
      return await read(this.#display, pathOf(["orders", source, id]));
    } catch (error) {
      if (error.code === "order_not_found") return undefined;
      throw error;
    }
  }
}
