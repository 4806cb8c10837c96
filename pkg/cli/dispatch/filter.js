// The options that choose orders, events and parts of an export.
import { wrongUsage } from "../failure.js";
import { instant } from "../options.js";
import { NAME } from "../slug.js";

const text = { type: "string" };

export const DISPATCH = { dispatch: text };
export const PERIOD = { since: text, until: text };
export const LIMIT = { limit: text };

/** Returns `--since` and `--until` as the API takes them. */
export function period({ since, until }, now = Date.now()) {
  const [from, to] = [instant("since", since, now), instant("until", until, now)];
  if (from !== undefined && to !== undefined && from >= to)
    throw wrongUsage("--since has to be before --until.");
  return { since: iso(from), until: iso(to) };
}

const iso = (millis) => (millis === undefined ? undefined : new Date(millis).toISOString());

const MAX_ENTRIES = 10_000;

/** Returns the number of `--limit`. */
export function limitOf({ limit }, usual) {
  const count = Number(limit ?? usual);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_ENTRIES) return count;
  throw wrongUsage(`--limit takes a whole number from 1 to ${MAX_ENTRIES}.`);
}

/** Returns the source and the id that follow a command. */
export function named(positionals, command) {
  const [source, id, ...more] = positionals;
  if (more.length > 0)
    throw wrongUsage(`${command} takes a source and an id: an id with blanks stands in quotes.`);
  if (source === "" || id === "") throw wrongUsage("The source and the id may not be empty.");
  if (source !== undefined && !NAME.test(source))
    throw wrongUsage("A source's name has a-z, 0-9 and - alone, as in wrangler.toml.");
  return { source, id };
}
