// The package's functions, on a module that an entry (node.js, web.js, workerd.js) has loaded.
import { withPayload } from "./account.js";
import { sharedAccount, withAccount } from "./accounts.js";
import { call } from "./core.js";
import { normalize as read, providers as known, sign as prove } from "../dist/orderhook.js";
import { WebhookError } from "./error.js";
import { ask, host, rethrow } from "./callbacks.js";
import { bytes, instant, lookup } from "./arguments.js";
import { bodyOf } from "./request.js";
import { textOf } from "./memory.js";
import { setting, settingsOf } from "./settings.js";

export { WebhookError };

/** Holds prepared secrets, for many deliveries to one account. Nothing has to be freed. */
export class Verifier {
  #account;

  /** @param {import("../index.js").Account} account */
  constructor(account) {
    this.#account = sharedAccount(settingsOf(account));
  }

  /** Returns what proves a delivery; throws a WebhookError if nothing does. */
  verify(delivery) {
    return this.#account.verify(delivery);
  }

  /** Returns the event of a delivery, or null for a test that carries no order; throws if nothing proves it. */
  receive(delivery) {
    return this.#account.receive(delivery);
  }
}

/** @type {typeof import("../index.js").verify} */
export const verify = (delivery) =>
  withAccount(settingsOf(delivery), (account) => account.verify(delivery));

/** @type {typeof import("../index.js").receive} */
export const receive = (delivery) =>
  withAccount(settingsOf(delivery), (account) => account.receive(delivery));

/**
 * Does the same as `receive` for a fetch `Request`.
 *
 * @type {typeof import("../index.js").receiveRequest}
 */
export async function receiveRequest(request, given) {
  const settings = settingsOf(given);
  const body = await bodyOf(request);
  const { offeredToken, now } = given;
  const delivery = { headers: request.headers, url: request.url, body, offeredToken, now };
  return withAccount(settings, (account) => account.receive(delivery));
}

/**
 * Returns the event of a delivery without verifying it: to look at one, never to act on one.
 *
 * @type {typeof import("../index.js").normalize}
 */
export function normalize({ provider, source, utcOffset, headers = {}, url = "", body, now }) {
  /** @type {[string, string | undefined, string | undefined]} */
  const settings = [String(provider), setting("source", source), setting("utcOffset", utcOffset)];
  const json = asking(headers, () =>
    read(...settings, host, String(url), bytes(body), instant(now)),
  );
  return withPayload(JSON.parse(json), () => textOf(body));
}

/**
 * Returns the headers that the provider would send beside `headers`, as an object.
 *
 * @type {typeof import("../index.js").sign}
 */
export function sign({ provider, secret, headers = {}, url = "", body, now }) {
  if (typeof secret !== "string")
    throw new WebhookError("source_not_configured", "`secret` is needed, one string");
  const pairs = asking(headers, () =>
    prove(String(provider), secret, host, String(url), bytes(body), instant(now)),
  );
  const signed = {};
  for (let at = 0; at < pairs.length; at += 2) signed[pairs[at]] = pairs[at + 1];
  return signed;
}

/** Runs `work` in the core, which asks for these headers. */
function asking(headers, work) {
  ask(lookup(headers));
  const made = call(work);
  rethrow();
  return made;
}

/**
 * Lists every provider: how it authenticates, how its secrets are written, and its words.
 *
 * @type {typeof import("../index.js").providers}
 */
export const providers = () => call(() => JSON.parse(known()));
