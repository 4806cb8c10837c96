// The runs, with the number of their events, and the promise of each.
import { times } from "../../support/long.js";

/** In milliseconds: the deadline of a silent step. */
export const DEADLINE = 500;

const deadlines = {
  DEADLINE_MS: DEADLINE,
};

export const RUNS = {
  kv: {
    title:
      "dedup by KV: duplicates where KV does not know, or the queue does not confirm, or copies come at the same moment",
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
    vars: { ...deadlines, DEDUP: "strict", CLAIM_DEADLINE_MS: 14_000 },
  },
  objects: {
    title:
      "strict dedup on objects that fail: beside those, only where neither the objects nor KV know",
    count: times(300, 1000),
    dedup: "strict",
    faultyObjects: true,
    vars: { ...deadlines, DEDUP: "strict" },
  },
};
