// The refusals to measure, in any runtime, each with two classes of tags or tokens.

const SECRET = "a secret of thirty-two bytes, xy";
const TOKEN = "0f8b2c6de4915a7730b1c8f2d6a4e95b";
const BODY = new TextEncoder().encode(
  '{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}',
);
const LENGTH = 32;

/** `wrong` is the one wrong byte of the tag or token, by class. A control is followed by a comparison that leaks. */
export const REFUSALS = [
  { name: "hex tag: the same class twice", kind: "hex", wrong: [0, 0] },
  { name: "hex tag: first byte wrong, last byte wrong", kind: "hex", wrong: [0, 31] },
  { name: "base64 tag: first byte wrong, last byte wrong", kind: "base64", wrong: [0, 31] },
  { name: "token: first character wrong, last wrong", kind: "token", wrong: [0, 31] },
  {
    name: "control: first byte wrong, last byte wrong",
    kind: "hex",
    wrong: [0, 31],
    isControl: true,
  },
  { name: "control: 8 bytes right, 24 bytes right", kind: "hex", wrong: [8, 24], isControl: true },
];

const text = (codes) => String.fromCharCode(...codes);
const signed = (header) => (offered) => ({ headers: { [header]: offered }, body: BODY });
const fromHex = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** By kind: the account, the right bytes, how they are written, a delivery with them, and the code of its refusal. */
const KINDS = {
  hex: {
    account: { provider: "wegocod", secrets: SECRET },
    right: (sign) =>
      fromHex(sign({ provider: "wegocod", secret: SECRET, body: BODY })["x-webhook-signature"]),
    written: toHex,
    delivery: signed("x-webhook-signature"),
    code: "signature_mismatch",
  },
  base64: {
    account: { provider: "wakilni", secrets: SECRET },
    right: (sign) =>
      bytesOf(
        atob(sign({ provider: "wakilni", secret: SECRET, body: BODY })["x-webhook-signature"]),
      ),
    written: (bytes) => btoa(text(bytes)),
    delivery: signed("x-webhook-signature"),
    code: "signature_mismatch",
  },
  token: {
    account: { provider: "gooten", token: TOKEN },
    right: () => bytesOf(TOKEN),
    written: text,
    delivery: (offered) => ({ headers: {}, url: `/hooks/shop/${offered}`, body: BODY }),
    code: "body_not_authenticated",
  },
};

function bytesOf(latin1) {
  return Uint8Array.from(latin1, (character) => character.charCodeAt(0));
}

/**
 * Prepares one of `REFUSALS`: returns a function that takes a class, 0 or 1, and returns a call that refuses it. `api` is
 * the package; `compare` is the WebAssembly module of the comparison that leaks.
 */
export function prepare({ kind, wrong, isControl }, api, compare) {
  const { account, right: rightOf, written, delivery, code } = KINDS[kind];
  const right = rightOf(api.sign);
  if (right.length !== LENGTH)
    throw new Error(`${kind}: ${right.length} bytes in place of ${LENGTH}`);
  const verifier = new api.Verifier(account);
  verifier.verify(delivery(written(right)));
  const tags = wrong.map((at) => changed(right, at));
  const texts = tags.map((tag) => bytesOf(written(tag)));
  for (const offered of texts) checkCode(verifier, delivery(text(offered)), code);
  const leak = isControl ? comparison(compare, right) : null;
  return (of) => {
    const offered = delivery(text(chosen(texts, of)));
    if (leak === null) return () => refuse(verifier, offered);
    leak.lay(chosen(tags, of));
    return () => {
      refuse(verifier, offered);
      leak.compare();
    };
  };
}

const changed = (right, wrong) => right.map((byte, at) => (at === wrong ? byte ^ 1 : byte));

/** Returns a copy of the bytes of a class. Reads both classes alike, so that neither is better cached. */
function chosen([a, b], of) {
  // `-of` would be -0 for the first class, which takes memory of its own.
  const mask = 0 - of;
  return a.map((byte, at) => byte ^ ((byte ^ b[at]) & mask));
}

function refuse(verifier, delivery) {
  try {
    verifier.verify(delivery);
  } catch (error) {
    return error;
  }
  throw new Error("a wrong tag or token was accepted");
}

/** Checks the code of a refusal: both classes must get as far as the comparison. */
function checkCode(verifier, delivery, code) {
  const error = refuse(verifier, delivery);
  if (error.code !== code) throw new Error(`refused with ${error.code} in place of ${code}`);
}

function comparison(module, right) {
  const { memory, compare } = new WebAssembly.Instance(module).exports;
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(right, LENGTH);
  return { compare, lay: (offered) => bytes.set(offered) };
}
