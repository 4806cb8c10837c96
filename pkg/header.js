// Header values as text. HTTP carries bytes, and runtimes differ in what they make of them.

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

let areBytes = false;

/** Called by the entry of runtimes whose servers and `Headers` have one character for each byte of a value. */
export const readsBytes = () => (areBytes = true);

/**
 * Returns a header's value as text, or undefined where there is none. Bytes are read as UTF-8, and what is not UTF-8 becomes
 * U+FFFD, as in Workers, which give text: a delivery is the same one everywhere, and so is its answer.
 */
export function headerText(value) {
  if (value === undefined || value === null) return undefined;
  const text = String(value);
  const holdsBytes = areBytes && /[\x80-\xff]/.test(text) && !/[^\0-\xff]/.test(text);
  return holdsBytes ? decoder.decode(Uint8Array.from(text, (character) => character.charCodeAt())) : text;
}
