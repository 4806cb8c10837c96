// One account, prepared in the module: verifies deliveries to it and reads them.
import { call, thrown } from "./core.js";
import { Account } from "../dist/orderhook.js";
import { ask, host, isNative, rethrow } from "./callbacks.js";
import { bytesOrText, instant, lookup, offered } from "./arguments.js";
import { forget, laidText, layBody, textOf, textsLength } from "./memory.js";

/** The authenticities, in the order of the core's `Verdict`. The first is a refusal. */
const AUTHENTICITIES = [undefined, "body_signed", "headers_signed", "url_token"];

export class PreparedAccount {
  /** @type {Account} */
  #account;
  #provider;
  #names;
  #hasToken;

  /** Prepares checked settings. An account that is `isCounted` may be kept; any other is freed by the caller at once. */
  constructor({ provider, source, secrets, token, utcOffset }, isCounted) {
    this.#account = call(() => new Account(provider, source, secrets, token, utcOffset, isCounted));
    this.#provider = provider;
    this.#names = this.#account.names();
    this.#hasToken = token !== undefined;
  }

  /**
   * Returns what proves a delivery; throws a WebhookError if nothing does.
   *
   * @param {import("../index.js").Delivery} delivery
   */
  verify(delivery) {
    // Before anything is laid out: reading it may run code of the caller's.
    const now = instant(delivery.now);
    const length = this.#layOut(delivery, bytesOrText(delivery.body));
    let verdict;
    try {
      verdict = this.#account.verify(host, length, textsLength(length), now, isNative());
    } catch (error) {
      throw lost(error);
    }
    rethrow();
    const authenticity = AUTHENTICITIES[verdict];
    if (authenticity === undefined) this.#refuse();
    const secretIndex = this.#account.secretIndex() ?? null;
    return { provider: this.#provider, authenticity, secretIndex };
  }

  /**
   * Returns the event of a delivery, or null for a test that carries no order; throws if nothing proves it.
   *
   * @param {import("../index.js").Delivery} delivery
   */
  receive(delivery) {
    const now = instant(delivery.now);
    const body = bytesOrText(delivery.body);
    const length = this.#layOut(delivery, body);
    let json;
    try {
      json = this.#account.receive(host, length, textsLength(length), now, isNative());
    } catch (error) {
      throw lost(error);
    }
    rethrow();
    if (json === "") this.#refuse();
    return withPayload(JSON.parse(json), () =>
      typeof body === "string" ? textOf(body) : laidText(length),
    );
  }

  /** Frees its memory. It cannot be used afterwards. */
  free() {
    try {
      this.#account.free();
    } catch {
      // A call that ended in a trap still borrows it.
    }
  }

  /** Lays out what the core reads; returns the body's length in bytes. */
  #layOut(delivery, body) {
    const { headers, url = "" } = delivery;
    const fields = lookup(headers);
    const values = [];
    for (const name of this.#names) values.push(textOrNothing(fields.get(name)));
    const texts = [String(url), this.#hasToken ? offered(delivery) : undefined];
    ask(fields);
    return layBody(body, values, texts);
  }

  #refuse() {
    throw thrown(this.#account.refusal());
  }
}

const textOrNothing = (value) =>
  value === undefined || value === null ? undefined : String(value);

/** Returns the error of a core that ended in a trap, after which its memory is laid out anew. */
function lost(error) {
  forget();
  return error;
}

/** Returns the event with its body, if that is text: the core leaves it out, since it is here already. */
export function withPayload(event, text) {
  if (event !== null && event.data.payload_base64 === undefined) event.data.payload = text();
  return event;
}
