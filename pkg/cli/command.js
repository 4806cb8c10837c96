// Runs a command, and says how it ended.
import { Failure } from "./failure.js";
import { COMMON, parse } from "./options.js";

/**
 * Runs `{ name, help, options, run }` with what follows its name. `run` gives `ok`, `text` for people and `json` for programs,
 * and maybe what standard output is to hold `alone`, with the text beside it. Ends with 0 where it is `ok`, else with 1, and with
 * 2 where it could not be run.
 */
export async function perform({ name, help, options, run }, args) {
  const asJson = args.includes("--json");
  try {
    const given = parse(args, { ...options, ...COMMON }, name);
    if (given.values.help) return print(help);
    const { ok, text, alone, json, warnings = [] } = await run(given);
    for (const warning of warnings) complain(`Warning: ${warning}`);
    if (asJson) print(lineOf({ ok, ...json, warnings }));
    else if (alone === undefined) print(text);
    else printAlone(alone, text);
    process.exitCode = ok ? 0 : 1;
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

/** What a file or a program takes to the byte, and a person reads on a terminal. */
function printAlone(content, text) {
  process.stderr.write(visible(text));
  process.stdout.write(
    process.stdout.isTTY && content.length > 0
      ? visible(content.toString()).replace(/\n?$/, "\n")
      : content,
  );
}

// A captured delivery, a receiver's answer and a file's name may hold what a terminal would obey: C0, DEL and C1, and what
// turns the direction of the text around it.
const visible = (text) =>
  text.replace(
    /(?!\r\n)[\0-\x08\x0b-\x1f\x7f-\x9f]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (control) => (control > "\xff" ? `\\u${hex(control, 4)}` : `\\x${hex(control, 2)}`),
  );
const hex = (character, digits) => character.charCodeAt().toString(16).padStart(digits, "0");

/** As JSON, in which all of these are escaped: JSON itself escapes C0 alone. */
export const jsonOf = (value, indent) =>
  JSON.stringify(value, null, indent).replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (control) => `\\u${hex(control, 4)}`,
  );

/** Says what is wrong: as an object on standard output, or as text beside it. */
export function fail(error, asJson) {
  process.exitCode = 2;
  const { code, message } =
    error instanceof Failure || error.name === "WebhookError" ? error : unexpected(error);
  if (asJson) print(lineOf({ ok: false, code, message }));
  else complain(message);
}

const lineOf = (value) => `${jsonOf(value)}\n`;

// Its own message may hold anything: only where it came from is told.
function unexpected({ name, stack = "" }) {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return {
    code: "unexpected",
    message: [`This is a mistake in orderhook (${name}); please report it.`, ...frames].join("\n"),
  };
}
