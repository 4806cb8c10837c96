// Chooses the fault of each step of an event by the seed, the event's name, the step, and how often the step came.
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

/** The faults that end with the Worker's deadline. Those of what follows the answer end with nothing. */
export const SILENT = ["hangs", "lands and hangs", "lands late"];

/** The faults of each step. */
export const FAULTS = {
  look: ["fails", "hangs", "breaks", "stale"],
  keep: WRITE,
  send: WRITE,
  mark: WRITE,
  claim: OBJECT,
  commit: OBJECT,
  release: OBJECT,
};

/** The share of steps that fail: low for most events, high for some, and very high for a few. */
const SHARES = [
  [0.5, 0],
  [0.85, 0.25],
  [1, 0.6],
];

/** After so many tries a step works, so that every event ends. */
const MAX_FAULTS = 6;

function modeOf(name, step, nth) {
  const kind = draw(name, "weather");
  const [, share] = SHARES.find(([up]) => kind < up);
  if (nth >= MAX_FAULTS || !happens(share, name, step, nth)) return "works";
  return oneOf(FAULTS[step], name, step, nth, "fault");
}

/** Returns the step of this attempt at which the provider gives up, if it does. */
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

/** A plan without faults. */
export const CALM = { modeOf: () => "works", givesUpAt: () => undefined };
