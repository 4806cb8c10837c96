// Reads a captured delivery: a request line, headers, an empty line, and the body, byte for byte.

const LF = 0x0a;
const CR = 0x0d;

/**
 * What was captured: the headers as pairs, the body as bytes, and the URL where the capture has one.
 *
 * @typedef {{ headers: [string, string][], body: Uint8Array, url: string }} Captured
 */

/**
 * Returns the delivery in a capture. Throws an Error that says what is wrong with it.
 *
 * @param {Uint8Array} bytes
 * @returns {Captured}
 */
export function captured(bytes) {
  const { lines, body } = split(bytes);
  if (lines.length === 0) throw new Error("There is nothing to explain: paste a delivery.");
  const target = targetOf(lines[0]);
  const headers = (target === undefined ? lines : lines.slice(1)).map(pairOf);
  return { headers, body, url: absolute(target, headers) };
}

/** Returns the lines of the head, and the bytes after the first empty line. */
function split(bytes) {
  const text = new TextDecoder();
  const lines = [];
  let at = 0;
  while (at < bytes.length) {
    const found = bytes.indexOf(LF, at);
    const end = found < 0 ? bytes.length : found;
    const line = text.decode(bytes.subarray(at, end > at && bytes[end - 1] === CR ? end - 1 : end));
    at = end + 1;
    if (line === "" && lines.length > 0) break;
    if (lines.length > 0 || !/^(?:$|#|\/\/)/.test(line)) lines.push(line);
  }
  return { lines, body: bytes.slice(at) };
}

/** @returns {[string, string]} */
function pairOf(line) {
  const [, name, value] = line.match(/^([!#$%&'*+.^_`|~\w-]+):(.*)$/) ?? [];
  if (name === undefined)
    throw new Error(
      `“${line.slice(0, 60)}” is not a header. A delivery is a request line, headers, an empty line and the body.`,
    );
  return [name, value.trim()];
}

const targetOf = (line) =>
  line.match(/^(?:[A-Z]+ +)?(https?:\/\/\S+|\/\S*)(?: +HTTP\/\d(?:\.\d)?)?$/)?.[1];

function absolute(target, headers) {
  const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1];
  if (target?.startsWith("/")) return host ? `https://${host}${target}` : "";
  return target ?? "";
}
