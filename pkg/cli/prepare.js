// A delivery as its provider would send it.
import { deliveries } from "../dist/deliveries.js";
import { sign } from "../dist/node.js";
import { lastSegment, mayHaveToken, shown, withToken } from "./address.js";
import { Failure, meant, wrongUsage } from "./failure.js";
import { fresh, freshId } from "./fresh.js";
import { slug } from "./slug.js";

/** Returns the deliveries that can be sent for a provider, by name. */
export const choices = (provider) =>
  new Map((deliveries[provider.name]?.samples ?? []).map((sample) => [sample.name, sample]));

/**
 * Returns the headers that the provider makes up and signs, such as an id, as pairs: none for a token.
 *
 * @returns {[string, string][]}
 */
export const madeHeaders = ({ name, authenticates }) =>
  authenticates === "token"
    ? []
    : Object.entries(deliveries[name]?.signed ?? {}).map(([header, value]) => [
        header,
        freshId(value),
      ]);

/** Returns the provider's delivery that `event` names: by its name, with or without "order", by the provider's word, or by status. */
export function choose(provider, event) {
  const chosen = choices(provider);
  if (chosen.size === 0)
    throw wrongUsage(
      `${provider.name} cannot be played: its proof stands in the body, or needs the provider's private key.`,
    );
  const names = [...chosen.keys()];
  const list = `There are:\n  ${names.join("\n  ")}`;
  if (!event) throw wrongUsage(`Name an event of ${provider.name}. ${list}`);
  const wanted = slug(event);
  const by = (key) => [...chosen.values()].find((one) => one[key] && slug(one[key]) === wanted);
  const word = chosen.get(wanted) ?? chosen.get(`order-${wanted}`) ?? by("text") ?? by("status");
  const typed = [...names, ...names.map((name) => name.replace(/^order-/, ""))];
  if (!word)
    throw wrongUsage(
      `There is no sample "${event}" of ${provider.name}.${meant(wanted, typed)} ${list}`,
    );
  return word;
}

/**
 * Makes one delivery of a sample, signed for `url`: `url`, `headers`, `body`, `shown`, the URL without the token, and `hidden`, the
 * texts that no answer shows, and `credentials`, the headers that hold the secret as it is. `headers` are additional ones, as pairs: they replace the delivery's own, and those that prove it.
 * With `tamper` the delivery is changed after it was signed, or, if nothing is signed, its token is. `own` has the order's id, and `at` is
 * the moment that the delivery is about; it is signed `now`.
 *
 * @typedef {{ secret?: string, token?: string, tamper?: boolean }} Proof
 * @param {any} provider
 * @param {any} sample
 * @param {{ url: URL, headers?: string[][], now?: number, at?: number, own?: { order?: string, parcel?: string } } & Proof} request
 */
export function prepare(provider, sample, request) {
  const { now, at = now, own } = request;
  const { headers, query, body } = fresh(sample, at, own);
  const made = { headers: Object.entries(headers), query, body: Buffer.from(body) };
  return proved(provider, made, { ...request, shownNames: Object.keys(query) });
}

/**
 * Makes the same of a captured delivery: with its own body, ids and times, and a new proof where a secret makes one.
 *
 * @param {any} provider
 * @param {{ headers: string[][], body: Buffer, url: string }} captured
 * @param {{ url: URL, headers?: string[][], now?: number } & Proof} request
 */
export function forward(provider, { headers, body, url }, request) {
  const query = Object.fromEntries(new URL(url, request.url).searchParams);
  const kept = headers.filter(([name]) => !OF_CONNECTION.includes(name.toLowerCase()));
  return proved(provider, { headers: kept, query, body }, request);
}

/** Headers that belong to the connection, which a new one has of its own. */
const OF_CONNECTION = [
  ...["host", "content-length", "connection", "keep-alive"],
  ...["transfer-encoding", "expect", "upgrade"],
];

/** Returns whether a secret makes the provider's proof: else it stands in the body, or needs the provider's private key. */
export const canProve = (provider) => choices(provider).size > 0;

/** Proves a delivery as `prepare` says. `shownNames` names the values of the query that may be shown. */
function proved(provider, { headers: written, query, body }, request) {
  const { url, secret, token, headers: more = [], tamper, now, shownNames = [] } = request;
  const to = withQuery(
    token ? withToken(url, token, tamper && !secret ? changed(token) : token) : url,
    query,
  );
  const headers = joined(written, more);
  const proof =
    secret && provider.secret
      ? prove({
          provider: provider.name,
          scheme: provider.scheme,
          secret,
          url: to.href,
          headers,
          body,
          now,
        })
      : {};
  const hasToken = Boolean(token) || mayHaveToken(provider);
  return {
    url: to.href,
    shown: shown(to, { hasToken, names: shownNames }),
    hidden: [
      secret,
      token,
      ...guessed(hasToken, url, to, more),
      ...credentials(proof, provider.authenticates),
    ],
    credentials: provider.authenticates === "token" ? Object.keys(proof) : [],
    headers: joined(joined(headers, Object.entries(proof)), more),
    body: tamper && secret ? tampered(body) : body,
  };
}

/** Returns the texts in the headers that prove a delivery: a token with and without what stands before it, or tags. */
function credentials(proof, authenticates) {
  const values = Object.values(proof);
  if (authenticates === "token") return values.flatMap((value) => [value, value.split(" ").at(-1)]);
  // A tag has more characters than any other header that proves a delivery.
  return values.filter(({ length }) => length > 40);
}

/** Returns other texts that may be secret: the segment in a token's place, the query's values, and headers for a gate. */
function guessed(hasToken, url, to, more) {
  const credentials = more
    .filter(([name]) => isCredential(name))
    .flatMap(([, value]) => [value, ...value.split(" ")]);
  const all = [
    ...(hasToken ? [lastSegment(to)] : []),
    ...url.searchParams.values(),
    ...credentials,
  ];
  // Shorter ones would be found in any text.
  return all.filter((text) => text.length > 5);
}

/** Returns whether a header given with --header may be meant for a gate, such as a proxy, before the receiver. */
export const isCredential = (name) => /authorization|cookie|secret|token|key/i.test(name);

/** Returns `headers` with `more`, which replace those of the same name. */
export function joined(headers, more) {
  const replaced = new Set(more.map(([name]) => name.toLowerCase()));
  return [...headers.filter(([name]) => !replaced.has(name.toLowerCase())), ...more];
}

/** Formats a request as a file holds it, which `verify` reads again. Headers' values have one character for each byte. */
export function requestOf({ url, headers, body }) {
  const lines = `${linesOf([...headers, ["content-length", String(body.length)]])}\n`;
  return Buffer.concat([Buffer.from(`POST ${url} HTTP/1.1\n`), Buffer.from(lines, "latin1"), body]);
}

/** Formats headers, one a line. */
export const linesOf = (headers) => headers.map(([name, value]) => `${name}: ${value}\n`).join("");

/** Returns the headers that prove the delivery, as the core makes them. */
export function prove(delivery) {
  try {
    return sign(delivery);
  } catch (error) {
    if (error.code === undefined) throw error;
    throw new Failure(error.code, `It cannot be signed: ${error.message}.`);
  }
}

function withQuery(url, query) {
  const to = new URL(url);
  for (const [name, value] of Object.entries(query)) to.searchParams.set(name, value);
  return to;
}

/** Replaces the last digit or letter by another one, so that the text is not the signed one. */
function tampered(body) {
  const at = body.findLastIndex((byte) => /[0-9a-z]/i.test(String.fromCharCode(byte)));
  const copy = Buffer.from(body);
  copy[at] ^= 1;
  return copy;
}

/** Returns another token. */
const changed = (token) => token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");
