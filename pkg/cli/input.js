// A captured delivery, from a file, from standard input, or in parts.
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { unreadable, wrongUsage } from "./failure.js";

/**
 * Returns the captured delivery: `headers` as pairs, `body`, `url`, and `warnings` of changes that its capture may have made. A
 * header's value has one character for each byte, as in Node's `http`; `shownValue` makes text of it.
 */
export async function captured({ values, positionals }) {
  const { header, body, data, url } = values;
  const inParts = header ?? body ?? data;
  if (positionals.length > 1) throw wrongUsage("One delivery at a time: name one file.");
  if (positionals.length === 1 && inParts !== undefined) {
    throw wrongUsage(
      "A delivery comes in a file, or in parts with --header and --body or --data: not both.",
    );
  }
  const delivery = positionals.length === 1 ? await ofFile(positionals[0]) : await ofParts(values);
  return { ...delivery, url: url ?? delivery.url ?? "", warnings: warnings(delivery) };
}

async function ofFile(path) {
  const { head, body } = split(await read(path));
  const where = path === "-" ? "Standard input" : path;
  const target = targetOf(head[0].line.toString());
  const lines = target === undefined ? head : head.slice(1);
  const headers = lines.map(({ line, number }) => pair(line) ?? fail(where, number));
  return { headers, body, url: absolute(target, headers) };
}

function fail(where, line) {
  throw unreadable(
    `${where}: line ${line} of the head is no "Name: value". A captured delivery is a request line, headers, an empty line and ` +
      "the body; a body alone is given with --body.",
  );
}

async function ofParts({ header = [], body, data }) {
  if (body !== undefined && data !== undefined)
    throw wrongUsage("The body comes from --body or from --data: not from both.");
  if (body === undefined && data === undefined) {
    throw wrongUsage(
      "Name a file that holds a delivery (- is standard input), or give --header and --body.",
    );
  }
  return {
    headers: pairsOf(header),
    body: data === undefined ? await read(body) : Buffer.from(data),
  };
}

/** Returns the headers of `--header`, as pairs. */
export function pairsOf(header = []) {
  return header.map((line) => {
    const found = pair(Buffer.from(line));
    if (!found) throw wrongUsage('--header takes "Name: value".');
    return found;
  });
}

async function read(path) {
  try {
    return path === "-" ? await buffer(process.stdin) : await readFile(path);
  } catch (error) {
    const why = {
      ENOENT: "there is no such file",
      EISDIR: "it is a folder",
      EACCES: "it may not be read",
    }[error.code];
    throw unreadable(`${path} cannot be read: ${why ?? error.code}.`);
  }
}

const LF = 0x0a;
const CR = 0x0d;
const CRLF = Buffer.from([CR, LF]);
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

// Lines before a request that servers and editors pass over: empty lines, comments, and a name after ###.
const MEANS_NOTHING = /^(?:$|#|\/\/)/;

/** Returns the lines of the head, each with its number, and the body: every byte after the first empty line. */
function split(bytes) {
  const head = [];
  let at = bytes.subarray(0, 3).equals(BOM) ? 3 : 0;
  for (let number = 1; at < bytes.length; number += 1) {
    const end = bytes.indexOf(LF, at) < 0 ? bytes.length : bytes.indexOf(LF, at);
    const line = bytes.subarray(at, bytes[end - 1] === CR && end > at ? end - 1 : end);
    at = end + 1;
    if (head.length > 0 && line.length === 0) break;
    if (head.length > 0 || !MEANS_NOTHING.test(line.toString("latin1")))
      head.push({ line, number });
  }
  if (head.length === 0)
    throw unreadable("There is no delivery: the input is empty, or has only comments.");
  return { head, body: bytes.subarray(at) };
}

/** Returns a header's value as text: UTF-8, or else Latin-1. */
export function shownValue(value) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(value, "latin1"),
    );
  } catch {
    return value;
  }
}

/** Returns `Name: value` as a pair, without the blanks around the value; undefined for any other text. */
function pair(line) {
  const [, name, given] =
    line.toString("latin1").match(/^([!#$%&'*+.^_`|~\w-]+):([^\0-\x08\x0a-\x1f\x7f]*)$/) ?? [];
  return name && [name, unpadded(given)];
}

/** Strips the blanks and tabs around a text. It uses a loop, since a pattern takes time quadratic in their number. */
function unpadded(text) {
  let [from, to] = [0, text.length];
  while (from < to && " \t".includes(text[from])) from += 1;
  while (to > from && " \t".includes(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

/** Returns the target of a request line; undefined for any other line. */
const targetOf = (line) =>
  line.match(/^(?:[A-Z]+ +)?(https?:\/\/\S+|\/\S*)(?: +HTTP\/\d(?:\.\d)?)?$/)?.[1];

function absolute(target, headers) {
  const host = target?.startsWith("/") && headerValue(headers, "host");
  return host ? `https://${host}${target}` : target;
}

/** Returns a header's value; undefined if the header is missing. */
export const headerValue = (headers, wanted) =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

function warnings({ headers, body }) {
  return [lengthWarning(headers, body), chunkWarning(headers, body)].filter(
    (warning) => warning !== undefined,
  );
}

/** Returns the number of bytes that Content-Length states; undefined if it states no number. */
export function statedLength(headers) {
  const stated = headerValue(headers, "content-length");
  return /^\d+$/.test(stated) ? Number(stated) : undefined;
}

function lengthWarning(headers, body) {
  const stated = statedLength(headers);
  if (stated === undefined || stated === body.length) return undefined;
  const isSplit = body[stated - 1] === CR && body[stated] === LF;
  const added = isSplit ? undefined : lineBreaks(body.subarray(stated));
  if (added) return `Of the body, ${added}; explain finds out whether that is all.`;
  return `Content-Length says ${stated} bytes, and the body has ${body.length}: it is not the body that was sent.`;
}

/** Describes bytes that are only line breaks; returns undefined for any others. */
function lineBreaks(bytes) {
  if (bytes.length === 0 || !bytes.every((byte) => byte === CR || byte === LF)) return undefined;
  const more = `${bytes.length} ${bytes.length === 1 ? "byte" : "bytes"} more than Content-Length`;
  const isOne = bytes.length === 1 || bytes.equals(CRLF);
  return isOne
    ? `the line break at its end was not sent: ${more}. Editors add one`
    : `the line breaks at its end were not sent: ${more}. Editors add them`;
}

function chunkWarning(headers, body) {
  const chunked = /\bchunked\b/i.test(headerValue(headers, "transfer-encoding"));
  if (
    !chunked ||
    !/^[0-9a-f]+[ \t]*(;[^\r\n]*)?\r?\n/i.test(body.subarray(0, 200).toString("latin1"))
  )
    return undefined;
  return "The body looks like chunks as they were on the wire. Chunks are not decoded here: put the decoded body in their place.";
}
