// Holds the built Worker to the scenarios SCN-001 to SCN-016 of a public suite, with both kinds of dedup:
// https://github.com/luckyteagirl/webhook-receiver-conformance
// The tests are orderhook's own; the numbers and the names are the suite's. Each scenario is run with a sender that signs no
// time (WeGoCod, whose scheme is the suite's generic one) and with one that does (Standard Webhooks). Where orderhook
// promises something else than the suite, the scenario's file says so.
import { after, afterEach, before, describe, test } from "node:test";
import { MALFORMED_BODY } from "./conformance/bodies.js";
import { CANARY } from "./conformance/canary.js";
import { CONCURRENT, TIMEOUT } from "./conformance/concurrent.js";
import { DEATH, PARTIAL, PARTIAL_AND_SILENT, RESTART } from "./conformance/interrupted.js";
import { ALTERED, MALFORMED_SIGNATURE, MISSING, STALE, WRONG_KEY } from "./conformance/refused.js";
import { Run } from "./conformance/run.js";
import { SENDERS } from "./conformance/senders.js";
import { REFUSED_CONNECTION, REVERSED, SEQUENTIAL, SINGLE } from "./conformance/taken.js";

const SCENARIOS = [
  SINGLE,
  SEQUENTIAL,
  CONCURRENT,
  REVERSED,
  TIMEOUT,
  REFUSED_CONNECTION,
  MISSING,
  MALFORMED_SIGNATURE,
  WRONG_KEY,
  STALE,
  ALTERED,
  MALFORMED_BODY,
  RESTART,
  // SCN-014 harness-crash-after-send: the suite's own crash, which no receiver can pass or fail.
  PARTIAL,
  PARTIAL_AND_SILENT,
  DEATH,
  CANARY,
];

/** Defines a scenario's tests: for each sender the `cases`, and its own `casesOf`. */
function define({ name, cases, casesOf }, dedup, started) {
  for (const sender of SENDERS) {
    for (const [says, check] of Object.entries({ ...cases, ...casesOf?.[sender.source] })) {
      test(`${name}, ${sender.source}, ${dedup}: ${says}`, (t) => {
        const { worker } = started;
        return check({ t, dedup, worker, run: new Run(worker, sender) }, sender);
      });
    }
  }
}

for (const dedup of ["kv", "strict"]) {
  for (const [start, scenarios] of Map.groupBy(SCENARIOS, (scenario) => scenario.start)) {
    describe(`${start.name}, dedup "${dedup}"`, () => {
      const started = {};
      before(async () => {
        started.worker = await start(dedup);
      });
      // A test that failed leaves its events to no other.
      afterEach(() => started.worker.events());
      after(() => started.worker?.stop());
      for (const scenario of scenarios) define(scenario, dedup, started);
    });
  }
}
