// The lines of the charts: what they add up.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  answersOver,
  attemptsOver,
  latencyOver,
  quantile,
  refusalsOver,
  timesOf,
} from "../../src/console/series.js";

const latency = (counts) => Array.from({ length: 11 }, (_, bucket) => counts[bucket] ?? 0);
const answer = (at, code, count, counts = {}) => ({
  ...{ at, code, count, source: "shop" },
  latency: latency(counts),
});

const HISTORY = {
  since: "2026-11-01T10:00:00Z",
  until: "2026-11-01T10:40:00Z",
  step_seconds: 900,
  answers: [
    answer("2026-11-01T10:00:00Z", "accepted", 9, { 2: 9 }),
    answer("2026-11-01T10:00:00Z", "signature_mismatch", 1, { 10: 1 }),
    answer("2026-11-01T10:30:00Z", "duplicate", 2, { 0: 2 }),
    answer("2026-11-01T10:30:00Z", "queue_unavailable", 4, { 9: 4 }),
  ],
  attempts: [
    { at: "2026-11-01T10:15:00Z", endpoint: "ep_1", delivered: 3, failed: 1, retries: 1 },
    { at: "2026-11-01T10:15:00Z", endpoint: "ep_2", delivered: 2, failed: 0, retries: 0 },
  ],
};
const TIMES = timesOf(HISTORY);
const lines = (series) => Object.fromEntries(series.map(({ name, values }) => [name, values]));

test("each step of the time has a place, also one in which nothing happened", () =>
  assert.deepEqual(
    TIMES.map((at) => new Date(at * 1000).toISOString().slice(11, 16)),
    ["10:00", "10:15", "10:30"],
  ));

test("answers are added up by what became of the delivery", () =>
  assert.deepEqual(lines(answersOver(HISTORY, TIMES)), {
    taken: [9, 0, 2],
    refused: [1, 0, 0],
    failed: [0, 0, 4],
  }));

test("refusals have a line by code, the most frequent first, and the rest have one together", () => {
  assert.deepEqual(Object.entries(lines(refusalsOver(HISTORY, TIMES))), [
    ["queue unavailable", [0, 0, 4]],
    ["signature mismatch", [1, 0, 0]],
  ]);
  const codes = ["a", "b", "c", "d", "e", "f", "g"];
  const answers = codes.map((code, n) => answer("2026-11-01T10:15:00Z", code, 10 - n));
  const found = lines(refusalsOver({ answers }, TIMES));
  assert.deepEqual(Object.keys(found), ["a", "b", "c", "d", "e", "others"]);
  assert.deepEqual(found.others, [0, 5 + 4, 0]);
});

test("a latency is the bound of the bucket that holds a share of the answers", () => {
  assert.deepEqual(lines(latencyOver(HISTORY, TIMES)), {
    "half within": [25, null, 5000],
    "95 % within": [10_000, null, 5000],
  });
  assert.equal(quantile(latency({}), 0.5), null);
});

test("attempts are added up over the endpoints", () =>
  assert.deepEqual(lines(attemptsOver(HISTORY, TIMES)), {
    delivered: [0, 5, 0],
    failed: [0, 1, 0],
    retries: [0, 1, 0],
  }));
