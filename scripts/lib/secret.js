// The secrets that this project makes, and the form that each provider's have.
import { randomBytes } from "node:crypto";

const BYTES = 32;

/** Returns a token: 64 hexadecimal digits. */
export const makeToken = () => randomBytes(BYTES).toString("hex");

/** How a key is written, by `key` of a definition's scheme: what makes one, and the form that one has. */
const KEYS = {
  utf8: { make: makeToken, form: /./s, shape: "a text" },
  hex: { make: makeToken, form: /^(?:[0-9a-fA-F]{2})+$/, shape: "hexadecimal digits" },
  base64: {
    make: () => randomBytes(BYTES).toString("base64"),
    form: /^[A-Za-z0-9+/]+={0,2}$/,
    shape: "base64",
  },
  whsec: {
    make: () => `whsec_${randomBytes(BYTES).toString("base64")}`,
    form: /^whsec_[A-Za-z0-9+/]+={0,2}$/,
    shape: "whsec_ and base64",
  },
};

/** What HTTP's Basic authentication sends. */
const BASIC = {
  make: () => `orderhook:${makeToken()}`,
  form: /^[^:]+:.{16,}$/s,
  shape: "a user name, a colon and a password of 16 or more characters",
};

/** A public key of the provider's, as PEM with its line breaks written as \n. Nobody else can make one. */
const PUBLIC_KEY = { make: undefined, form: /./, shape: "a public key" };
const OF_PUBLIC_KEYS = ["public-key", "http-signature"];

const token = (least) => ({
  make: makeToken,
  form: new RegExp(`^[\\w.~-]{${least},}$`),
  shape: `${least} or more letters, digits and -._~`,
});

/** A token in a source's address, and one that opens details. */
export const TOKEN = token(16);

/** The tokens of the API: several are separated by blanks. */
export const API_TOKENS = {
  ...token(32),
  form: /^[\w.~-]{32,}(?:[\s,]+[\w.~-]{32,})*$/,
};

/** The keys of AES-256-GCM under which dispatch seals what it keeps: several are separated by blanks. */
export const SEAL_KEY = {
  make: makeToken,
  form: /^[0-9a-fA-F]{64}(?:[\s,]+[0-9a-fA-F]{64})*$/,
  shape: "64 hexadecimal digits",
};

/** Returns how a provider writes its keys: that of the named scheme, or else of its first one. */
export function keyOf(definition, scheme) {
  const schemes = [definition?.scheme ?? {}].flat();
  const {
    type,
    token: sent,
    key = "utf8",
  } = schemes.find(({ name }) => scheme && name === scheme) ?? schemes[0];
  if (OF_PUBLIC_KEYS.includes(type)) return PUBLIC_KEY;
  return sent?.basic ? BASIC : (KEYS[key] ?? KEYS.utf8);
}

const NOT_SET = ["undefined", "null"];

/** Returns what is wrong with a value that is to become a secret; undefined if nothing is. It never repeats the value. */
export function mistakeIn(value, { form, shape } = KEYS.utf8) {
  if (value !== value.trim()) return "it has a blank or a line break around it";
  if (value === "") return "it is empty";
  if (NOT_SET.includes(value)) return `it is the text ${value}`;
  if (!form.test(value)) return `it is not ${shape}`;
  return undefined;
}
