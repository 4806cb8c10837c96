// `orderhook export`: writes the events or the orders that dispatch keeps as lines of JSON or as CSV.
import { open, rename, rm } from "node:fs/promises";
import { complain, printPart } from "./command.js";
import { accessOf } from "./dispatch/access.js";
import { body, pathOf, readResponse } from "./dispatch/api.js";
import { DISPATCH, PERIOD, period } from "./dispatch/filter.js";
import { meant, unreadable, wrongUsage } from "./failure.js";
import { DISPATCH_HELP, JSON_HELP, PERIOD_HELP } from "./help.js";

export const name = "orderhook export";

export const help = `Usage: orderhook export <events | orders> [options]

Writes the events or orders that dispatch keeps to standard output, the oldest
first. Events include customers' data, except in CSV.

      --format <format>     ndjson (one JSON object a line) or csv; ndjson,
                            if it is not given
      --out <file>          write into this file; it appears when it is complete
      --source <name>       of this source; of all sources, if it is not given
${PERIOD_HELP}
${DISPATCH_HELP}
${JSON_HELP}

--json needs --out, and prints a summary of the file. An order that changes
during an export may be in it twice; the later line is the newer.

It ends with
  0  when all is written
  2  when the command is wrong, or the export is not complete

Example:
  orderhook export orders --format csv --since 30d --out orders.csv
`;

const text = { type: "string" };
export const options = { format: text, out: text, source: text, ...PERIOD, ...DISPATCH };

const KINDS = ["events", "orders"];
const FORMATS = ["ndjson", "csv"];

export async function run({ values, positionals }) {
  const [kind, ...more] = positionals;
  if (!KINDS.includes(kind) || more.length > 0)
    throw wrongUsage(
      `Name what to export: events or orders, and nothing behind it.${meant(kind ?? "", KINDS)}`,
    );
  const { format = "ndjson", out, source, json } = values;
  if (!FORMATS.includes(format)) throw wrongUsage("--format takes ndjson or csv.");
  if (out === "") throw wrongUsage("--out wants a value that is not empty.");
  if (json && out === undefined)
    throw wrongUsage("--json needs --out: an export is not one JSON object.");
  const first = pathOf(["export"], { of: kind, format, source, ...period(values) });
  const access = accessOf(values);
  if (out === undefined) {
    // The command ends where its reader closes the output, and the export is then not complete.
    process.exitCode = 2;
    const written = await copy(access, first, format, printPart);
    complain(said(kind, written, format));
    return { ok: true, printed: true };
  }
  const written = await intoFile(out, (write) => copy(access, first, format, write));
  const report = { file: out, format, [kind]: linesOf(written, format), bytes: written.bytes };
  return { ok: true, text: `${said(kind, written, format)}\n`, json: report };
}

/** Writes each part of the export, and returns how many `lines` and `bytes` they have. */
async function copy(access, first, format, write) {
  const written = { lines: 0, bytes: 0 };
  for (let path = first; path !== undefined; ) {
    const response = await readResponse(access, path);
    const part = await body(access, response, () => response.text());
    await write(part);
    written.lines += lineEnds(part, format);
    written.bytes += Buffer.byteLength(part);
    path = nextOf(response);
  }
  return written;
}

/** Returns the number of line ends, without those in a quoted cell of CSV. */
function lineEnds(part, format) {
  const outside = format === "csv" ? part.replaceAll(/"[^"]*"/g, "") : part;
  return outside.match(/\n/g)?.length ?? 0;
}

/** Returns the address of the next part; undefined if there is none. It is on the same server. */
const nextOf = ({ headers }) =>
  headers.get("link")?.match(/<(\/v1\/export\?[^>]*)>\s*;\s*rel="next"/)?.[1];

/** Returns the number of records: the first line of CSV is its head. */
const linesOf = ({ lines }, format) => (format === "csv" && lines > 0 ? lines - 1 : lines);

const said = (kind, written, format) => `Exported ${kind}: ${linesOf(written, format)}.`;

/** Writes a file, which gets its name only when it is complete. */
async function intoFile(path, fill) {
  const unfinished = `${path}.part`;
  let file;
  try {
    file = await open(unfinished, "w", 0o600);
    const written = await fill((part) => file.writeFile(part));
    await file.close();
    await rename(unfinished, path);
    return written;
  } catch (error) {
    await file?.close().catch(() => {});
    await rm(unfinished, { force: true }).catch(() => {});
    if (error.syscall) throw unreadable(`${path} cannot be written: ${error.code}.`);
    throw error;
  }
}
