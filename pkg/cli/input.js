// A captured delivery, from a file, from standard input, or in parts.
import { readFile } from "node:fs/promises";
import { unreadable, wrongUsage } from "./failure.js";

/** The delivery that was named: `headers` as pairs, `body`, `url`, and `warnings` of what may have been done to it. */
export async function captured({ values, positionals }) {
  const { header, body, data, url } = values;
  const inParts = header ?? body ?? data;
  if (positionals.length > 1) throw wrongUsage("One delivery at a time: name one file.");
  if (positionals.length === 1 && inParts !== undefined) {
    throw wrongUsage("A delivery comes in a file, or in parts with --header and --body or --data: not both.");
  }
  const delivery = positionals.length === 1 ? await ofFile(positionals[0]) : await ofParts(values);
  return { ...delivery, url: url ?? delivery.url ?? "", warnings: warnings(delivery) };
}

async function ofFile(path) {
  const { head, body } = split(await read(path));
  const where = path === "-" ? "Standard input" : path;
  const [first, ...rest] = head.map(textOf);
  const target = targetOf(first);
  const lines = target === undefined ? [first, ...rest] : rest;
  const headers = lines.map((line, at) => pair(line) ?? fail(where, at + 1 + head.length - lines.length));
  return { headers, body, url: absolute(target, headers) };
}

function fail(where, line) {
  throw unreadable(
    `${where}: line ${line} of the head is no "Name: value". A captured delivery is a request line, headers, an empty line and ` +
      "the body; a body alone is given with --body.",
  );
}

async function ofParts({ header = [], body, data }) {
  if (body !== undefined && data !== undefined) throw wrongUsage("The body comes from --body or from --data: not from both.");
  if (body === undefined && data === undefined) {
    throw wrongUsage("Which delivery? Name a file that holds one (- is standard input), or give --header and --body.");
  }
  return { headers: pairsOf(header), body: data === undefined ? await read(body) : Buffer.from(data) };
}

/** What `--header` gave, as pairs. */
export function pairsOf(header = []) {
  return header.map((line) => {
    const found = pair(line);
    if (!found) throw wrongUsage('--header takes "Name: value".');
    return found;
  });
}

async function read(path) {
  try {
    return path === "-" ? await standardInput() : await readFile(path);
  } catch (error) {
    const why = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "it may not be read" }[error.code];
    throw unreadable(`${path} cannot be read: ${why ?? error.code}.`);
  }
}

async function standardInput() {
  const pieces = [];
  for await (const piece of process.stdin) pieces.push(piece);
  return Buffer.concat(pieces);
}

const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** The lines of the head, and the body: every byte after the first empty line. */
function split(bytes) {
  const head = [];
  let at = bytes.subarray(0, 3).equals(BOM) ? 3 : 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(LF, at) < 0 ? bytes.length : bytes.indexOf(LF, at);
    const line = bytes.subarray(at, bytes[end - 1] === CR && end > at ? end - 1 : end);
    at = end + 1;
    if (line.length > 0) head.push(line);
    // As servers do, empty lines before the request are passed over.
    else if (head.length > 0) break;
  }
  if (head.length === 0) throw unreadable("There is no delivery: what was given is empty.");
  return { head, body: bytes.subarray(at) };
}

/** A line of the head: UTF-8, or else, as HTTP has it, Latin-1. */
function textOf(line) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch {
    return line.toString("latin1");
  }
}

/** `Name: value` as a pair, without the blanks around the value; undefined where it is none. */
function pair(line) {
  const [, name, value] = line.match(/^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\0-\x08\x0a-\x1f\x7f]*?)[ \t]*$/) ?? [];
  return name && [name, value];
}

/** What a request line asks for; undefined where the line is none. */
const targetOf = (line) => line.match(/^(?:[A-Z]+ +)?(https?:\/\/\S+|\/\S*)(?: +HTTP\/\d(?:\.\d)?)?$/)?.[1];

function absolute(target, headers) {
  const host = target?.startsWith("/") && valueOf(headers, "host");
  return host ? `https://${host}${target}` : target;
}

/** A header's value; undefined where it is not there. */
export const valueOf = (headers, wanted) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

function warnings({ headers, body }) {
  return [lengthWarning(headers, body), chunkWarning(headers, body)].filter(Boolean);
}

function lengthWarning(headers, body) {
  const stated = valueOf(headers, "content-length");
  if (!/^\d+$/.test(stated) || Number(stated) === body.length) return undefined;
  const newline = body.at(-1) === LF ? (body.at(-2) === CR ? 2 : 1) : 0;
  const differs = `Content-Length says ${stated} bytes, and the body has ${body.length}`;
  if (newline > 0 && body.length - Number(stated) === newline) {
    return `${differs}: the line break at its end was not sent. Editors add one; explain finds out whether that is all.`;
  }
  return `${differs}: it is not the body that was sent.`;
}

function chunkWarning(headers, body) {
  const chunked = /\bchunked\b/i.test(valueOf(headers, "transfer-encoding"));
  if (!chunked || !/^[0-9a-f]+[ \t]*(;[^\r\n]*)?\r?\n/i.test(body.subarray(0, 200).toString("latin1"))) return undefined;
  return "The body looks like chunks as they were on the wire. Chunks are not decoded here: put the decoded body in their place.";
}
