// The runs, with the number of their events, and the promise of each.
import { times } from "../../support/long.js";

/** In milliseconds: the time for one delivery. KV and the claims have a quarter of it for each question. */
export const DEADLINE = 2000;

const deadlines = {
  DEADLINE_MS: DEADLINE,
};

/** The isolates that share KV, the queue and the claims. What one of them has taken, the others learn from these alone. */
export const ISOLATES = 2;

export const RUNS = {
  kv: {
    title:
      "dedup by KV: duplicates where the queue does not confirm, or an isolate asks a KV that does not know",
    count: times(3000, 16_000),
    dedup: "kv",
    vars: deadlines,
  },
  strict: {
    title: "strict dedup: duplicates only where the queue takes what it does not confirm",
    count: times(600, 3000),
    dedup: "strict",
    // An attempt that is given up leaves a claim, as a killed Worker does: see kill.test.js.
    patient: true,
    vars: { ...deadlines, DEDUP: "strict" },
  },
  objects: {
    title:
      "strict dedup on objects that fail: beside those, only where the objects do not know, nor KV in their place",
    count: times(300, 1000),
    dedup: "strict",
    faultyObjects: true,
    vars: { ...deadlines, DEDUP: "strict" },
  },
};
