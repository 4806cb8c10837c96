// The package's functions, on a module that an entry (node.js, web.js, workerd.js) has loaded.
import { check as findFault } from "../dist/orderhook.js";
import { lost, sourceOf } from "./account.js";
import { sharedAccount, withAccount } from "./accounts.js";
import { bytesOrText, instant, lookup } from "./arguments.js";
import { ask, host, rethrow } from "./callbacks.js";
import { call } from "./core.js";
import { eventsAt } from "./crossed.js";
import { declared, definitionOf, names, prepared, schemeNames } from "./definition.js";
import { WebhookError } from "./error.js";
import { layBody, textsLength } from "./memory.js";
import { bodyOf } from "./request.js";
import { checkedBeforeFetch, withKeys } from "./keys.js";
import { setting, settingsOf } from "./settings.js";
import { answering } from "./signature.js";

export { WebhookError };

/** Holds prepared secrets, for many deliveries to one account. Nothing has to be freed. */
export class Verifier {
  /** Kept for as long as this object; undefined if the keys are fetched. */
  #account;
  /** Kept only if the keys are fetched: other secrets leave JavaScript's heap. */
  #settings;

  /** @param {import("../index.js").Account<any>} account */
  constructor(account) {
    const settings = settingsOf(account);
    if (settings.jwks === undefined) this.#account = sharedAccount(settings);
    else this.#settings = checkedBeforeFetch(settings);
  }

  /** Returns what proves a delivery; throws a WebhookError if nothing does. */
  verify(delivery) {
    return this.#now().verify(delivery);
  }

  #now() {
    return this.#account ?? notNow();
  }

  /** Does the same as `verify`, also in runtimes that check public keys asynchronously. */
  async verifyAsync(delivery) {
    const account = this.#account;
    return account === undefined
      ? later(this.#settings, (account) => account.verify(delivery))
      : answering(() => account.verify(delivery));
  }

  /** Returns the event of a delivery, or null if it says nothing about an order; throws if nothing proves it. */
  receive(delivery) {
    return this.#now().receive(delivery);
  }
}

function notNow() {
  throw new WebhookError(
    "source_not_configured",
    "`jwks` goes with `verifyAsync` and `receiveRequest`: its keys have to be fetched",
  );
}

/** Runs `work` with an account at once. */
const now = (settings, work) =>
  settings.jwks === undefined ? withAccount(settings, work) : notNow();

/** Runs `work` with an account, once its keys are fetched and its signatures are checked. */
const later = (settings, work) =>
  settings.jwks === undefined
    ? answering(() => withAccount(settings, work))
    : withKeys(settings, (account) => answering(() => withAccount(account, work)));

/** @type {typeof import("../index.js").verify} */
export const verify = (delivery) =>
  now(settingsOf(delivery), (account) => account.verify(delivery));

/** @type {typeof import("../index.js").verifyAsync} */
export async function verifyAsync(delivery) {
  const settings = settingsOf(delivery);
  return later(settings, (account) => account.verify(delivery));
}

/** @type {typeof import("../index.js").receive} */
export const receive = (delivery) =>
  now(settingsOf(delivery), (account) => account.receive(delivery));

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
  return later(settings, (account) => account.receive(delivery));
}

/**
 * Returns the event of a delivery without verifying it. Use it to look at, and never act on it.
 *
 * @type {typeof import("../index.js").normalize}
 */
export function normalize({ provider, scheme, source, utcOffset, ...delivery }) {
  const definition = definitionOf(provider);
  const name = setting("source", source) ?? definition.name;
  const zone = setting("utcOffset", utcOffset);
  const body = bytesOrText(delivery.body);
  const found = asking(delivery, body, (length, texts, now) =>
    prepared(definition, setting("scheme", scheme)).normalize(name, zone, host, length, texts, now),
  );
  return found === NOTHING ? null : eventsAt(found, definition.name, sourceOf(name), body);
}

/** The answer of the core to a delivery without an event. Any other is an address. */
const NOTHING = 1;

/**
 * Returns the headers that the provider would send beside `headers`, as an object.
 *
 * @type {typeof import("../index.js").sign}
 */
export function sign({ provider, scheme, secret, ...delivery }) {
  const definition = definitionOf(provider);
  if (typeof secret !== "string")
    throw new WebhookError("source_not_configured", "`secret` is needed, one string");
  const pairs = asking(delivery, bytesOrText(delivery.body), (length, texts, now) =>
    prepared(definition, setting("scheme", scheme)).sign(secret, host, length, texts, now),
  );
  const signed = {};
  for (let at = 0; at < pairs.length; at += 2) signed[pairs[at]] = pairs[at + 1];
  return signed;
}

/**
 * Lays a delivery out, and runs `work` in the core, which asks for its headers.
 *
 * @template T
 * @param {Partial<import("../index.js").Delivery>} delivery
 * @param {string | Uint8Array} body
 * @param {(length: number, texts: number, now: number) => T} work
 */
function asking({ headers = {}, url = "", now }, body, work) {
  const [text, time, fields] = [String(url), instant(now), lookup(headers)];
  ask(fields);
  try {
    return call(() => {
      const length = layBody(body, [], [text]);
      return work(length, textsLength(length), time);
    });
  } catch (error) {
    throw lost(error);
  } finally {
    rethrow();
  }
}

/**
 * Says what is wrong with a definition: the key, and what was expected there. Returns null if nothing is.
 *
 * @type {typeof import("../index.js").check}
 */
export async function check(definition) {
  const { name, text, fault } = declared(definition);
  if (fault !== undefined) return fault;
  const [key, why] = call(() => findFault(name, text));
  return key === undefined ? null : { key, text: why };
}

/**
 * Lists every provider: how it authenticates, how its secrets are written, and its words.
 *
 * @type {typeof import("../index.js").providers}
 */
export const providers = () => names.map(told);

/**
 * Returns the description of a built-in provider.
 *
 * @param {string} name
 * @returns {import("../index.js").Provider}
 */
function told(name) {
  const definition = definitionOf(name);
  const [authenticates, secret, ...words] = call(() => prepared(definition).about());
  const told = /** @type {any} */ ({
    name,
    authenticates,
    secret: secret || null,
    schemes: schemeNames(definition).map((scheme) => toldScheme(definition, scheme)),
    events: [],
    statuses: [],
  });
  for (let at = 0; at < words.length; at += 4) {
    const [kind, text, status, last] = words.slice(at, at + 4);
    told[kind === "event" ? "events" : "statuses"].push({ text, status, final: last !== "" });
  }
  return told;
}

/** Returns the description of one of the schemes of a built-in provider. */
function toldScheme(definition, name) {
  const [authenticates, secret] = call(() => prepared(definition, name ?? "").about());
  return { name, authenticates, secret: secret || null };
}
