// Header values as text. HTTP carries bytes, and runtimes differ in what they make of them.

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

let areBytes = false;

/** Sets that header values have one character for each byte, for entries of runtimes whose servers and `Headers` do that. */
export const readsBytes = () => (areBytes = true);

/**
 * Returns a header's value as text, or undefined if the header is missing. Reads bytes as UTF-8 and replaces invalid ones with
 * U+FFFD, as Workers do, so that every runtime gives a delivery the same answer.
 */
export function headerText(value) {
  if (value === undefined || value === null) return undefined;
  const text = String(value);
  const holdsBytes = areBytes && /[\x80-\xff]/.test(text) && !/[^\0-\xff]/.test(text);
  return holdsBytes
    ? decoder.decode(Uint8Array.from(text, (character) => character.charCodeAt(0)))
    : text;
}
