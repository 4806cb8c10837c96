// Runs a command, and reports how it ended.
import { Failure } from "./failure.js";
import { COMMON, parse } from "./options.js";

/**
 * Runs `{ name, help, options, run }` with the arguments after its name. `run` returns `ok`, `text` for people and `json` for
 * programs. It may also return `alone`: the content of standard output, with the text on standard error; or `printed`, if it has
 * printed everything itself. The exit code is 0 if `ok` is set, else 1, and 2 if the command could not be run.
 */
export async function perform({ name, help, options, run }, args) {
  const asJson = args.includes("--json");
  try {
    const given = parse(args, { ...options, ...COMMON }, name);
    if (given.values.help) return print(help);
    const { ok, text, alone, json, printed = false, warnings = [] } = await run(given);
    process.exitCode = ok ? 0 : 1;
    for (const warning of warnings) complain(`Warning: ${warning}`);
    if (printed) return;
    if (asJson) print(lineOf({ ok, ...json, warnings }));
    else if (alone === undefined) print(text);
    else printAlone(alone, text);
  } catch (error) {
    fail(error, asJson);
  }
}

export function print(text) {
  process.stdout.write(visible(text));
}

export function complain(text) {
  process.stderr.write(visible(`${text}\n`));
}

/** Writes text that a file or a program takes to the byte, and that a person reads on a terminal. */
function printAlone(content, text) {
  process.stderr.write(visible(text));
  process.stdout.write(
    process.stdout.isTTY && content.length > 0
      ? visible(content.toString()).replace(/\n?$/, "\n")
      : content,
  );
}

/**
 * Prints a part of a file: to the byte, unless a person reads it on a terminal. Returns once it is written. If it cannot be written,
 * `endUnwritten` ends the command.
 */
export const printPart = (text) =>
  new Promise((resolve) =>
    process.stdout.write(process.stdout.isTTY ? visible(text) : text, (error) => {
      if (!error) resolve(undefined);
    }),
  );

/** Ends the command, as its output cannot be written. Its reader may have closed it early, as `head` does. */
export function endUnwritten({ code }) {
  if (code === "EPIPE") process.exit();
  process.stderr.write(`The output cannot be written: ${code}.\n`, () => process.exit(2));
}

// A captured delivery, a receiver's answer and a file's name may hold characters that a terminal obeys: C0, DEL and C1, and
// those that turn the direction of the text.
const visible = (text) =>
  text.replace(
    /(?!\r\n)[\0-\x08\x0b-\x1f\x7f-\x9f]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (control) => (control > "\xff" ? `\\u${hex(control, 4)}` : `\\x${hex(control, 2)}`),
  );
const hex = (character, digits) => character.charCodeAt().toString(16).padStart(digits, "0");

/** Returns a value as JSON, in which all of these are escaped: JSON itself escapes C0 alone. */
export const jsonOf = (value, indent) =>
  JSON.stringify(value, null, indent).replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (control) => `\\u${hex(control, 4)}`,
  );

/** Reports an error: as an object on standard output, or as text on standard error. */
export function fail(error, asJson) {
  // Node 20 throws this from the write to a file, instead of an event of the stream.
  if (error.syscall === "write") return endUnwritten(error);
  process.exitCode = 2;
  const { code, message } =
    error instanceof Failure || error.name === "WebhookError" ? error : unexpected(error);
  if (asJson) print(lineOf({ ok: false, code, message }));
  else complain(message);
}

const lineOf = (value) => `${jsonOf(value)}\n`;

// The error's own message may hold anything: only its place is printed.
function unexpected({ name, stack = "" }) {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return {
    code: "unexpected",
    message: [`This is a mistake in orderhook (${name}); please report it.`, ...frames].join("\n"),
  };
}
