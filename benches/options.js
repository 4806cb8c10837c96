// The options of each bench: `npm run bench -- --help` describes them.
const text = { type: "string" };
const flag = { type: "boolean" };

export const TIMING = { wasm: flag };
export const PACKAGE = { quick: flag, package: { ...text, default: "pkg" } };
export const WORKER = {
  quick: flag,
  build: { ...text, multiple: true },
  only: text,
  first: flag,
  memory: flag,
};
export const ACKNOWLEDGE = {
  "kv-read": { ...text, default: "15" },
  "kv-write": { ...text, default: "60" },
  queue: { ...text, default: "40" },
  seed: text,
  against: { ...text, multiple: true },
  quick: flag,
};
export const DELIVER = { quick: flag };
export const DISPATCH = { events: { ...text, default: "100000" } };
export const CONSOLE = { seconds: { ...text, default: "600" }, first: flag };

const NUMBERS = ["kv-read", "kv-write", "queue", "seed", "events", "seconds"];

/** Returns the numbers among the `values` of a bench; throws if one that must be a number is not. */
export function numbers(values) {
  const named = NUMBERS.filter((name) => values[name] !== undefined);
  for (const name of named)
    if (!/^\d{1,10}$/.test(values[name]))
      throw new Error(`--${name} takes a whole number, and not "${values[name]}"`);
  return Object.fromEntries(named.map((name) => [name, Number(values[name])]));
}
