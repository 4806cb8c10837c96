// Which fault meets which step of an event: drawn from the seed, the event's name, the step, and how often the step came.
import { happens, draw, oneOf } from "./seed.js";

const WRITE = [
  "fails",
  "lands",
  "hangs",
  "lands and hangs",
  "breaks",
  "lands and breaks",
  "lands late",
];
const OBJECT = ["fails", "lands", "hangs", "lands and hangs", "breaks", "lands and breaks"];

/** Those that end with the Worker's patience. */
export const SILENT = ["hangs", "lands and hangs", "lands late"];

/** What can happen to each step. */
export const FAULTS = {
  look: ["fails", "hangs", "breaks", "stale"],
  keep: WRITE,
  send: WRITE,
  mark: WRITE,
  claim: OBJECT,
  commit: OBJECT,
  release: OBJECT,
};

/** The share of steps that go wrong: most events have a calm time, some a bad one, some a very bad one. */
const SHARES = [
  [0.5, 0],
  [0.85, 0.25],
  [1, 0.6],
];

/** After so many tries of a step it works: every story ends. */
const MAX_FAULTS = 6;

function modeOf(name, step, nth) {
  const kind = draw(name, "weather");
  const [, share] = SHARES.find(([up]) => kind < up);
  if (nth >= MAX_FAULTS || !happens(share, name, step, nth)) return "works";
  return oneOf(FAULTS[step], name, step, nth, "fault");
}

/** At which step of this attempt the provider loses its patience, if at one. */
function givesUpAt(name, attempt) {
  if (attempt >= MAX_FAULTS || !happens(0.02, name, "gives up", attempt)) return undefined;
  return oneOf(
    ["look", "claim", "keep", "send", "mark", "commit"],
    name,
    "gives up",
    attempt,
    "at",
  );
}

export const CHANGEABLE = { modeOf, givesUpAt };

/** No fault at all. */
export const CALM = { modeOf: () => "works", givesUpAt: () => undefined };
