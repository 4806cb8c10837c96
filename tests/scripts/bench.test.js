// The benches, in short: that they come to their end, not what they measure.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hand } from "../../benches/worker/contestants.js";
import { measure } from "../../benches/worker/measure.js";

// The benches read what a process costs from Linux.
const elsewhere = process.platform !== "linux" && "Linux alone has /proc";

/** The events that the stand-in for KV remembers. */
const KEPT = 4_096;

test("copies are duplicates in every round, however many other events come between", {
  skip: elsewhere,
}, async () => {
  const contestant = { ...(await hand()), scenarios: ["accepted", "duplicate", "duplicate-kv"] };
  const fewest = 15;
  const plan = { launches: 1, seconds: 0, warm: 1, fewest, say: () => {} };
  const [{ slices }] = await measure([contestant], plan);
  const sent = (name) => slices[name].reduce((all, { latencies }) => all + latencies.length, 0);
  assert.ok(sent("accepted") > KEPT, `${sent("accepted")} were accepted`);
  assert.equal(slices.duplicate.length, fewest);
});
