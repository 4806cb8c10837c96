// KV, the queue and the claims fail, hang, or do what they then deny, at each step and in combinations, and the providers try
// again: no event is lost, only events that were sent are queued, and a duplicate has one of the reasons that
// docs/guarantees.md names.
//
//   SEED=<number> node --test tests/worker/faults.test.js    runs the same again
//   EVENT=<name>                                             of it, this event alone, as in EVENT=kv-123
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RUNS } from "./faults/runs.js";
import { SEED } from "./faults/seed.js";

console.log(`SEED=${SEED}`);

describe("every event comes through, whatever fails", { concurrency: 2 }, () => {
  for (const [name, { title }] of Object.entries(RUNS)) {
    test(title, async (t) => {
      const { summary, failure } = await outcome(name);
      for (const line of summary) t.diagnostic(line);
      assert.ok(
        failure === undefined,
        `SEED=${SEED} node --test tests/worker/faults.test.js runs it again\n\n${failure}`,
      );
    });
  }
});

async function outcome(name) {
  const run = fork(fileURLToPath(new URL("faults/run.js", import.meta.url)), [name], {
    env: { ...process.env, SEED },
  });
  let outcome = { summary: [], failure: "the run ended before its time" };
  run.on("message", (told) => (outcome = told));
  await once(run, "disconnect");
  return outcome;
}
