// Guesses how a sender proves a delivery, from its headers.

/** The length of a tag in hex and in base64, by its hash. */
const LENGTHS = [
  { hash: "sha256", hex: 64, base64: 44 },
  { hash: "sha1", hex: 40, base64: 28 },
  { hash: "sha512", hex: 128, base64: 88 },
];

/** Returns the schemes that a delivery may have, the likeliest first. */
export function schemesOf(headers, hasSecret) {
  const found = headers.flatMap(([name, value]) => signatureIn(name.toLowerCase(), value));
  const moment = headers.find(([name, value]) => isMoment(name, value))?.[0].toLowerCase();
  const signed = found.flatMap((scheme) => [...withTime(scheme, moment), scheme]);
  const token = headers.find(([name]) =>
    /^(x-api-key|authorization|x-.*(token|secret|key))$/i.test(name),
  );
  return [...signed, ...(token && hasSecret ? [tokenIn(token)] : []), { type: "url-token" }];
}

/** Returns the scheme whose tag a header may hold: as `sha256=<hex>`, or in base64. */
function signatureIn(header, value) {
  if (!/sign|hmac|hash/.test(header)) return [];
  if (/^t=\d{10},.*\bv1=[0-9a-f]{64}/.test(value)) return [inPairs(header)];
  const [, prefix = "", tag] = value.match(/^([A-Za-z0-9_-]+[=,])?([A-Za-z0-9+/=_-]+)$/) ?? [];
  if (tag === undefined) return [];
  for (const { hash, hex, base64 } of LENGTHS) {
    const isHex = tag.length === hex && /^[0-9a-f]+$/.test(tag);
    const isBase64 = tag.length === base64 && /^[A-Za-z0-9+/]+=*$/.test(tag);
    if (isHex || isBase64) {
      const encoding = isHex ? "hex" : "base64";
      const signature = { header, encoding, ...(prefix && { prefix }) };
      return [{ type: "hmac", ...(hash !== "sha256" && { hash }), signature, signs: ["body"] }];
    }
  }
  return [];
}

/** Returns the scheme of a header such as `t=1700000000,v1=<hex>`. */
const inPairs = (header) => ({
  type: "hmac",
  signature: { header, encoding: "hex", pair: "v1" },
  signs: ["time", { text: "." }, "body"],
  age: { pair: "t", within: 300 },
});

const isMoment = (name, value) => /time/i.test(name) && /^\d{10}(\d{3})?$/.test(value);

/** Returns when a delivery was signed, in milliseconds since 1970, as its headers say; undefined if they do not. */
export function signedAt(headers) {
  const [, value] = headers.find(([name, value]) => isMoment(name, value)) ?? [];
  const pair = headers.map(([, value]) => value.match(/^t=(\d{10}),/)?.[1]).find(Boolean);
  const seconds = value ?? pair;
  return seconds === undefined ? undefined : Number(seconds) * (seconds.length > 10 ? 1 : 1000);
}

/** Returns the same scheme with the time among the signed parts, if a header has one. */
function withTime(scheme, header) {
  if (header === undefined || scheme.age !== undefined) return [];
  const signs = ["time", { text: "." }, "body"];
  return [{ ...scheme, signs, age: { header, within: 300 } }];
}

function tokenIn([name, value]) {
  const isBearer = /^bearer /i.test(value);
  const header = name.toLowerCase();
  return { type: "token", token: { header, ...(isBearer && { prefix: "Bearer " }) } };
}
