// What the package offers, on a module that an entry (node.js, web.js, workerd.js) has loaded.
import { Account, normalize as read, providers as known, sign as prove } from "./dist/orderhook.js";
import { call } from "./call.js";
import { WebhookError } from "./error.js";
import { bytes, instant, list, lookup } from "./input.js";

export { WebhookError };

const AUTHENTICITIES = ["body_signed", "headers_signed", "url_token"];

/** Holds prepared secrets, for many deliveries to one account. Nothing has to be freed. */
export class Verifier {
  #account;
  #provider;

  constructor({ provider, secrets, token, source, utcOffset }) {
    this.#account = call(() => new Account(provider, source, list(secrets), token, utcOffset));
    this.#provider = provider;
  }

  /** What proves a delivery; throws a WebhookError where nothing does. */
  verify({ headers, url = "", body, offeredToken = lastSegment(url), now }) {
    const proof = call(() => this.#account.verify(lookup(headers), url, bytes(body), offeredToken, instant(now)));
    const secret = proof >> 2;
    return { provider: this.#provider, authenticity: AUTHENTICITIES[proof & 3], secretIndex: secret ? secret - 1 : null };
  }

  /** The event of a delivery, or null for a test that carries no order; throws where nothing proves it. */
  receive({ headers, url = "", body, offeredToken = lastSegment(url), now }) {
    const json = call(() => this.#account.receive(lookup(headers), url, bytes(body), offeredToken, instant(now)));
    return json === undefined ? null : JSON.parse(json);
  }
}

export const verify = (delivery) => verifier(delivery).verify(delivery);

export const receive = (delivery) => verifier(delivery).receive(delivery);

/** `receive` for anything that has a fetch `Request`. */
export async function receiveRequest(request, options) {
  const body = new Uint8Array(await request.arrayBuffer());
  return receive({ ...options, headers: request.headers, url: request.url, body });
}

/** The event of a delivery that is not verified: to look at one, never to act on one. */
export function normalize({ provider, source, utcOffset, headers = {}, url = "", body, now }) {
  const json = call(() => read(provider, source, utcOffset, lookup(headers), url, bytes(body), instant(now)));
  return json === undefined ? null : JSON.parse(json);
}

/** The headers that the provider would send beside `headers`, as an object. */
export function sign({ provider, secret, headers = {}, url = "", body, now }) {
  const flat = call(() => prove(provider, secret, lookup(headers), url, bytes(body), instant(now)));
  const signed = {};
  for (let at = 0; at < flat.length; at += 2) signed[flat[at]] = flat[at + 1];
  return signed;
}

/** Every provider: how it authenticates, how its secrets are written, and its words. */
export const providers = () => call(() => JSON.parse(known()));

// A token stands at the end of the address. It is compared only where the account has one.
function lastSegment(url) {
  const path = url.split(/[?#]/, 1)[0].replace(/\/$/, "");
  return path.slice(path.lastIndexOf("/") + 1);
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
