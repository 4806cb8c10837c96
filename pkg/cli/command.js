// Runs a command, and says how it ended.
import { Failure } from "./failure.js";
import { COMMON, parse } from "./options.js";

/**
 * Runs `{ name, help, options, run }` with what follows its name. `run` gives `ok`, `text` for people and `json` for programs.
 * Ends with 0 where it is `ok`, else with 1, and with 2 where it could not be run.
 */
export async function perform({ name, help, options, run }, args) {
  const asJson = args.includes("--json");
  try {
    const given = parse(args, { ...options, ...COMMON }, name);
    if (given.values.help) return print(help);
    const { ok, text, json, warnings = [] } = await run(given);
    for (const warning of warnings) complain(`Warning: ${warning}`);
    print(asJson ? lineOf({ ok, ...json, warnings }) : text);
    process.exitCode = ok ? 0 : 1;
  } catch (error) {
    fail(error, asJson);
  }
}

export function print(text) {
  process.stdout.write(text);
}

export function complain(text) {
  process.stderr.write(`${text}\n`);
}

/** Says what is wrong: as an object on standard output, or as text beside it. */
export function fail(error, asJson) {
  process.exitCode = 2;
  const { code, message } = error instanceof Failure || error.name === "WebhookError" ? error : unexpected(error);
  if (asJson) print(lineOf({ ok: false, code, message }));
  else complain(message);
}

const lineOf = (value) => `${JSON.stringify(value)}\n`;

// Its own message may hold anything: only where it came from is told.
function unexpected({ name, stack = "" }) {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return { code: "unexpected", message: [`This is a mistake in orderhook (${name}); please report it.`, ...frames].join("\n") };
}
