// What a definition says, in words: how its provider signs, where its status words stand, and what it wants to hear.
import { Stop } from "./command.js";

/** Returns texts as English lists them: "a, b and c". */
export const listed = (texts, last = "and") =>
  texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} ${last} ${texts.at(-1)}`;

/** Returns a text as code, with what Markdown and JSON need escaped. */
export const code = (text) => `\`${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')}\``;

const anyOf = (names) => listed([names].flat().map(code), "or");

/** The hashes, with the name that each has in an HMAC's, and its own. */
const HMACS = { sha1: "HMAC-SHA1", sha256: "HMAC-SHA256", sha512: "HMAC-SHA512" };
const HASHES = { sha256: "SHA-256", sha512: "SHA-512" };

const ENCODINGS = { hex: "hex", base64: "base64", base64url: "base64 for URLs" };

const KEYS = {
  utf8: "The key is the secret as it stands.",
  hex: "The key is the secret, decoded from hex.",
  base64: "The key is the secret, decoded from base64.",
  whsec: "The key is the secret after `whsec_`, decoded from base64.",
  html: "The key is the secret, with its HTML entities decoded.",
  nfkd: "The key is the secret in Unicode's form NFKD.",
};

const ALGORITHMS = {
  "rsa-sha256": "RSA (PKCS #1 v1.5) and SHA-256",
  "ecdsa-p256": "ECDSA on P-256 and SHA-256",
  ed25519: "Ed25519",
};

const SHARED =
  "The provider signs for all of its customers with the same keys, so the source also needs a token in its address.";

/** Each type of scheme, as sentences. */
const SCHEMES = {
  hmac: (scheme) => [
    `${placeOf(scheme.signature)} holds an ${HMACS[scheme.hash ?? "sha256"]} of ${partsOf(scheme.signs)}, ${writtenAs(scheme.signature)}.`,
    KEYS[scheme.key ?? "utf8"],
    ...ageOf(scheme.age),
  ],
  digest: (scheme) => [
    `${placeOf(scheme.signature)} holds the ${HASHES[scheme.hash ?? "sha256"]} of ${partsOf(scheme.signs)}, ${writtenAs(scheme.signature)}.`,
    ...ageOf(scheme.age),
  ],
  token: ({ token }) => [`Nothing is signed. ${tokenOf(token)}`],
  "url-token": () => [
    "Nothing is signed. The address that the provider posts to ends with the source's token.",
  ],
  "public-key": (scheme) => [
    keyed(scheme),
    ...(scheme.key_id ? [`${placeOf(scheme.key_id)} names the key.`] : []),
    ...(scheme.shared_keys ? [SHARED] : []),
    ...ageOf(scheme.age),
  ],
  "http-signature": (scheme) => [
    `The headers \`signature-input\` and \`signature\` hold an HTTP message signature (RFC 9421), which covers ${listed(scheme.covers.map(code))}.`,
    ...(scheme.covers_if_present
      ? [
          `It also covers ${listed(scheme.covers_if_present.map(code))}, where the delivery has them.`,
        ]
      : []),
    ...(scheme.shared_keys ? [SHARED] : []),
    ...(scheme.age ? [`Its time may be ${scheme.age.within} seconds away.`] : []),
  ],
  "header-list": ({ list, signature, age, key = "utf8" }) => [
    `The header ${code(signature.header)} holds an HMAC-SHA256 of the headers that ${code(list)} lists, in base64.`,
    KEYS[key],
    `${code(age.parameter)} in that list is the time of signing, which may be ${age.within} seconds away.`,
  ],
};

const SHORT_ALGORITHMS = { "rsa-sha256": "RSA", "ecdsa-p256": "ECDSA", ed25519: "Ed25519" };

/** Returns the kind of a scheme in a few words. */
export function kindOf({ type, hash = "sha256", token, algorithm }) {
  const kinds = {
    hmac: HMACS[hash],
    digest: `${HASHES[hash]} with the secret`,
    token: token?.field === undefined ? "token in a header" : "token in the body",
    "url-token": "token in the address",
    "public-key": SHORT_ALGORITHMS[algorithm],
    "http-signature": "HTTP message signature",
    "header-list": "HMAC of headers",
  };
  return kinds[type];
}

/** Returns how a scheme proves a delivery, as sentences. */
export function schemeWords(scheme) {
  const words = SCHEMES[scheme.type];
  if (words === undefined)
    throw new Stop(`The scheme "${scheme.type}" is not described: see scripts/lib/wording.js.`);
  return words(scheme).join(" ");
}

function keyed({ algorithm, signature, signs }) {
  const place = placeOf(signature);
  if (signature.form === "jws")
    return `${place} holds a detached JWS of the raw body, by ${ALGORITHMS[algorithm]}.`;
  return `${place} holds a signature of ${partsOf(signs)}, by ${ALGORITHMS[algorithm]}, in ${ENCODINGS[signature.encoding]}.`;
}

const placeOf = ({ header, field }) =>
  field === undefined ? `The header ${anyOf(header)}` : `The field ${code(field)} of the body`;

function writtenAs({ encoding, prefix, list, pair }) {
  const before = prefix === undefined ? "" : ` after ${beforeOf(prefix)}`;
  const among = {
    " ": "; several are separated by a blank",
    ",": "; several are separated by a comma",
  };
  const key = pair === undefined ? "" : ` under the key ${code(pair)}`;
  return `in ${listed(
    [encoding].flat().map((one) => ENCODINGS[one]),
    "or",
  )}${before}${key}${among[list] ?? ""}`;
}

const beforeOf = (prefix) =>
  listed(
    [prefix].flat().map((text) => (text === "" ? "nothing" : code(text))),
    "or",
  );

const PARTS = {
  body: "the raw body",
  time: "the time of signing",
  method: "the method",
  url: "the URL as it is registered",
  path: "the path of the URL as it is registered",
  secret: "the secret",
};

/** Returns the signed parts, in their order. */
const partsOf = (signs = ["body"]) => listed(signs.map(partOf));

function partOf(part) {
  if (typeof part === "string") return PARTS[part];
  if (part.text !== undefined) return code(part.text);
  return part.header === undefined
    ? `the field ${code(part.field)}`
    : `the header ${anyOf(part.header)}`;
}

const FORMS = { seconds: "Unix seconds", milliseconds: "Unix milliseconds", rfc3339: "RFC 3339" };

function ageOf(age) {
  if (age === undefined) return ["No time is signed, so a copy stays valid."];
  const form = listed(
    [age.form ?? "seconds"].flat().map((one) => FORMS[one]),
    "or",
  );
  const place =
    age.pair === undefined ? placeOf(age) : `The pair ${code(age.pair)} of the same header`;
  return [
    `${place} holds the time of signing in ${form}, which may be ${age.within} seconds away.`,
  ];
}

function tokenOf({ header, field, chosen, prefix, basic }) {
  if (field !== undefined)
    return `The field ${code(field)} of the body holds the secret; it is redacted in the event.`;
  const other = chosen ? ", or the one that the source names as `token_header`," : "";
  const before = prefix === undefined ? "" : ` after ${beforeOf(prefix)}`;
  const secret = basic
    ? "`Basic` and the secret, `user:password`, in base64"
    : `the secret${before}`;
  return `The header ${anyOf(header)}${other} holds ${secret}.`;
}

/** What each authenticity is worth. */
export const WORTH = {
  body_signed: "the sender has the secret or the key, and the body is as it was signed.",
  fields_signed:
    "the signature covers parts of the delivery, and not all that decides. Anyone who has seen one delivery can change the rest.",
  headers_signed:
    "the sender signed some headers and knows the source's token. The body is worth as much as the token is secret.",
  header_token:
    "the sender sent the secret along. Anyone who has seen one delivery can report anything.",
  url_token: "the sender knows the address. Anyone who knows it can report anything.",
};

/** Returns the place of a value, in words. */
export function placeWords(value) {
  if (typeof value === "string") return code(value);
  if (Array.isArray(value)) return listed(value.map(placeWords), "or else");
  if (value.header !== undefined) return `the header ${code(value.header)}`;
  if (value.query !== undefined) return `the query value ${code(value.query)}`;
  if (value.text !== undefined) return `the constant ${code(value.text)}`;
  if (value.join !== undefined) return listed(value.join.map(placeWords));
  if (value.in !== undefined) return elementWords(value);
  const [after, before] = ["after", "before"].map(
    (key) => value[key] && ` ${key} ${code(value[key])}`,
  );
  return `what ${placeWords(value.of)} says${after ?? ""}${before ?? ""}`;
}

function elementWords({ in: list, pick, take }) {
  const which = typeof pick === "string" ? `the ${pick} element` : "one element";
  return `${code(take)} of ${which} of ${code(list)}`;
}

/**
 * Returns the answers that a provider gets, as sentences.
 *
 * @param {{ status?: number, headers?: object, body?: string, within?: number }} answer
 */
export function answerWords({ status, headers = {}, body, within }) {
  const also = Object.keys(headers).filter((name) => name !== "content-type");
  const asked = [
    ...(body === undefined ? [] : [`the body ${code(body)}`]),
    ...also.map((name) => `the header ${code(name)}`),
  ];
  return [
    status === undefined
      ? "An accepted delivery is answered with 202, and a copy of it with 200."
      : `An accepted delivery and a copy of it are answered with ${status}, as the provider asks${asked.length > 0 ? `, with ${listed(asked)}` : ""}.`,
    "A delivery that is not authentic gets 401, or 404 where the token in its address is wrong. With 503, orderhook asks the provider to send it again later.",
    ...(within === undefined
      ? []
      : [
          `The provider waits ${within} seconds. If the queue is slow, orderhook answers 503 one second before that.`,
        ]),
  ].join(" ");
}

/** Returns what answers a handshake, as a sentence. */
export function handshakeWords({ echo, as, body, status = 200, headers = {} }) {
  if (echo !== undefined)
    return `A GET with the query value ${code(echo)} is answered with that value${as === "json" ? ", as JSON" : ""}.`;
  const kinds = { empty: "with an empty body", form: "with a form for its body" };
  const what =
    kinds[body] ??
    `with ${Object.entries(body).map(([at, text]) => `${code(text)} at ${code(at)}`)}`;
  const names = Object.keys(headers);
  const also = names.length > 0 ? ` and the header ${listed(names.map(code))}` : "";
  return `A POST ${what} is answered with ${status}${also}. It makes no event.`;
}
