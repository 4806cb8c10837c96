// One account, prepared in the module: verifies deliveries to it and reads them.
import { Account } from "../dist/orderhook.js";
import { bytesOrText, instant, lookup, offered } from "./arguments.js";
import { ask, host, isNative, keep, keeps, release, rethrow } from "./callbacks.js";
import { call, thrown } from "./core.js";
import { eventsAt } from "./crossed.js";
import { prepared } from "./definition.js";
import { WebhookError } from "./error.js";
import { forget, layBody, textsLength } from "./memory.js";

/** What proves a delivery, in the order of the core's `Authenticity`; a verdict of 0 is a refusal. */
const AUTHENTICITIES = [
  undefined,
  "body_signed",
  "fields_signed",
  "headers_signed",
  "header_token",
  "url_token",
];

/** The answers to a delivery that is refused, and to one without an event. Any other is an address. */
const [REFUSED, NOTHING] = [0, 1];

/** The verdict on a body that was kept, and that the host could not hash. */
const UNANSWERED = 7;

export class PreparedAccount {
  /** @type {Account} */
  #account;
  #provider;
  #source;
  #names;
  #hasToken;
  #takesKept;
  #needsUrl;

  /** Prepares checked settings. An account that is `isCounted` may be kept; any other is freed by the caller at once. */
  constructor(settings, isCounted) {
    const { definition, scheme, source, secrets, token } = settings;
    const { utcOffset, registeredUrl, tokenHeader } = settings;
    this.#account = call(() => {
      const parsed = prepared(definition, scheme);
      return new Account(
        parsed,
        source,
        secrets,
        token,
        utcOffset,
        registeredUrl,
        tokenHeader,
        isCounted,
      );
    });
    this.#provider = definition.name;
    this.#source = sourceOf(source);
    this.#names = this.#account.names();
    this.#takesKept = this.#account.takesKept();
    this.#needsUrl = this.#account.needsUrl();
    this.#hasToken = token !== undefined;
  }

  /**
   * Returns what proves a delivery; throws a WebhookError if nothing does.
   *
   * @param {import("../index.js").Delivery} delivery
   */
  verify(delivery) {
    // This comes before anything is laid out: reading it may run the caller's code.
    const now = instant(delivery.now);
    const body = bytesOrText(delivery.body);
    const native = isNative();
    let verdict =
      native && this.#takesKept && keeps(body) ? this.#kept(delivery, body, now) : UNANSWERED;
    if (verdict === UNANSWERED) verdict = this.#laidOut(delivery, body, now, native);
    if (verdict === REFUSED) this.#refuse();
    const secret = verdict >>> 3;
    return {
      provider: this.#provider,
      authenticity: AUTHENTICITIES[verdict & 7],
      secretIndex: secret === 0 ? null : secret - 1,
    };
  }

  /**
   * Returns the event of a delivery, or its events, or null if it says nothing about an order; throws if nothing proves it.
   *
   * @param {import("../index.js").Delivery} delivery
   */
  receive(delivery) {
    const now = instant(delivery.now);
    const body = bytesOrText(delivery.body);
    const length = this.#layOut(delivery, body);
    let found;
    try {
      found = this.#account.receive(host, length, textsLength(length), now, isNative());
    } catch (error) {
      throw lost(error);
    }
    rethrow();
    if (found === REFUSED) this.#refuse();
    return found === NOTHING ? null : eventsAt(found, this.#provider, this.#source, body);
  }

  /** Frees its memory. It cannot be used afterwards. */
  free() {
    try {
      this.#account.free();
    } catch {
      // A call that ended in a trap still borrows it.
    }
  }

  /** Returns the verdict on a delivery that is laid out. */
  #laidOut(delivery, body, now, native) {
    const length = this.#layOut(delivery, body);
    return this.#verdict(() =>
      this.#account.verify(host, length, textsLength(length), now, native),
    );
  }

  /** Returns the verdict on a delivery whose body is not laid out: the host hashes it where it is. */
  #kept(delivery, body, now) {
    const length = this.#layOut(delivery, "");
    keep(body);
    try {
      return this.#verdict(() => this.#account.verifyKept(host, textsLength(length), now));
    } finally {
      release();
    }
  }

  #verdict(work) {
    let verdict;
    try {
      verdict = work();
    } catch (error) {
      throw lost(error);
    }
    rethrow();
    return verdict;
  }

  /** Lays out what the core reads; returns the body's length in bytes. */
  #layOut(delivery, body) {
    const { headers, url = "" } = delivery;
    if (this.#needsUrl && !/^https?:\/\//i.test(String(url))) throw notWhole();
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

const notWhole = () =>
  new WebhookError(
    "source_not_configured",
    "`url` must be the whole address that was posted to, as `https://shop.example/hooks`, since the provider signs it; " +
      "or set `registeredUrl`",
  );

/** Returns the source as events have it: as one flat string, since a joined one makes `JSON.stringify` slow. */
export const sourceOf = (name) => Object.keys({ [`/hooks/${name}`]: 0 })[0];

const textOrNothing = (value) =>
  value === undefined || value === null ? undefined : String(value);

/** Returns the error of a core that may have ended in a trap, after which its memory is laid out anew. */
export function lost(error) {
  forget();
  return error;
}
