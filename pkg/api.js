// What the package offers, on a module that an entry (node.js, web.js, workerd.js) has loaded.
import { Account, normalize as read, providers as known, sign as prove } from "./dist/orderhook.js";
import { call, thrown } from "./call.js";
import { WebhookError } from "./error.js";
import { ask, host, isNative, rethrow } from "./host.js";
import { bytes, bytesOrText, instant, list, lookup, offered, setting } from "./input.js";
import { forget, laidText, layBody, textOf, textsLength } from "./room.js";

export { WebhookError };

const AUTHENTICITIES = ["body_signed", "headers_signed", "url_token"];

/** Holds prepared secrets, for many deliveries to one account. Nothing has to be freed. */
export class Verifier {
  #account;
  #provider;
  #names;
  #hasToken;

  constructor({ provider, secrets, token, source, utcOffset }) {
    const settings = [String(provider), setting("source", source), list(secrets), setting("token", token), setting("utcOffset", utcOffset)];
    this.#account = call(() => new Account(...settings));
    this.#provider = provider;
    this.#names = this.#account.names().split("\n").filter(Boolean);
    this.#hasToken = token !== undefined && token !== null;
  }

  /** What proves a delivery; throws a WebhookError where nothing does. */
  verify(delivery) {
    // Before anything is laid out: to read it may run code of the caller's.
    const now = instant(delivery.now);
    const length = this.#layOut(delivery, bytesOrText(delivery.body));
    let proof;
    try {
      proof = this.#account.verify(host, length, textsLength(length), now, isNative());
    } catch (error) {
      throw lost(error);
    }
    rethrow();
    if (proof === 0) this.#refuse();
    const secret = (proof & 0x7fffffff) >> 2;
    return { provider: this.#provider, authenticity: AUTHENTICITIES[proof & 3], secretIndex: secret ? secret - 1 : null };
  }

  /** The event of a delivery, or null for a test that carries no order; throws where nothing proves it. */
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
    return withPayload(JSON.parse(json), () => (typeof body === "string" ? textOf(body) : laidText(length)));
  }

  /** Lays out what the core reads; the body's length in bytes. */
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

export const verify = (delivery) => verifier(delivery).verify(delivery);

export const receive = (delivery) => verifier(delivery).receive(delivery);

/** `receive` for anything that has a fetch `Request`. */
export async function receiveRequest(request, options) {
  if (typeof request?.arrayBuffer !== "function" || request.bodyUsed) {
    throw new WebhookError("invalid_body", "the request must be a fetch `Request` whose body nobody has read");
  }
  const body = new Uint8Array(await request.arrayBuffer());
  return receive({ ...options, headers: request.headers, url: request.url, body });
}

/** The event of a delivery that is not verified: to look at one, never to act on one. */
export function normalize({ provider, source, utcOffset, headers = {}, url = "", body, now }) {
  const settings = [String(provider), setting("source", source), setting("utcOffset", utcOffset)];
  const json = asking(headers, () => read(...settings, host, String(url), bytes(body), instant(now)));
  return withPayload(JSON.parse(json), () => textOf(body));
}

/** The headers that the provider would send beside `headers`, as an object. */
export function sign({ provider, secret, headers = {}, url = "", body, now }) {
  if (typeof secret !== "string") throw new WebhookError("source_not_configured", "`secret` is needed, one string");
  const lines = asking(headers, () => prove(String(provider), secret, host, String(url), bytes(body), instant(now)));
  const signed = {};
  for (const [, name, value] of lines.matchAll(/(.*)\n(.*)\n/g)) signed[name] = value;
  return signed;
}

const textOrNothing = (value) => (value === undefined || value === null ? undefined : String(value));

/** The error of a core that ended in a trap, and with it lost the room. */
function lost(error) {
  forget();
  return error;
}

/** Runs `work` in the core, which asks for these headers. */
function asking(headers, work) {
  ask(lookup(headers));
  const made = call(work);
  rethrow();
  return made;
}

/** Every provider: how it authenticates, how its secrets are written, and its words. */
export const providers = () => call(() => JSON.parse(known()));

/** The event with its body, where that is text: the core leaves it out, since it is here already. */
function withPayload(event, text) {
  if (event !== null && event.data.payload_base64 === undefined) event.data.payload = text();
  return event;
}

const MOST_KEPT = 32;
const kept = new Map();

/** The verifier of these settings: the last few are kept, so that a secret is prepared once. */
function verifier({ provider, secrets, token, source, utcOffset }) {
  const key = JSON.stringify([provider, secrets, token, source, utcOffset]);
  let found = kept.get(key);
  if (found === undefined) {
    found = new Verifier({ provider, secrets, token, source, utcOffset });
    if (kept.size === MOST_KEPT) kept.delete(kept.keys().next().value);
    kept.set(key, found);
  }
  return found;
}
