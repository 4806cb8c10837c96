// How long the queues redeliver the messages of a Worker that fails on each batch, and what the pages say of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { parse } from "smol-toml";
import { root } from "../../scripts/setup.js";
import { page } from "../support/readme.js";
import { DEAD_LETTER_QUEUE, EVENTS_QUEUE } from "../support/settings.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;

const DISPATCH = "src/dispatch/wrangler.toml";
const FILES = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*wrangler.toml"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n");

/** The consumers, each with its file. */
const CONSUMERS = FILES.flatMap((file) =>
  (parse(page(file)).queues?.consumers ?? []).map((consumer) => ({ ...consumer, file })),
);
const consumerOf = (file, queue) =>
  CONSUMERS.find((consumer) => consumer.file === file && consumer.queue === queue);

/** Returns the seconds that a consumer's retries take if its Worker always fails. */
const lasting = ({ max_retries: retries, retry_delay: delay }) => retries * delay;

const OPERATIONS = page("docs/operations.md").replaceAll(/\s+/g, " ");

/** Returns the number that a page has at a place. */
function figure(text, place) {
  const [, number] = text.match(place) ?? [];
  assert.ok(number, `no text is like ${place}`);
  return Number(number);
}

const KEPT = /A queue keeps a message for (\d+) days/;
const KEPT_FREE = /A queue keeps a message for \d+ days, or (\d+) hours on the free plan/;

describe("every consumer waits before a retry", () => {
  for (const { file, queue, ...consumer } of CONSUMERS)
    test(`${file}: ${queue}`, () => {
      // The largest number of retries that Cloudflare takes.
      assert.ok(consumer.max_retries >= 1 && consumer.max_retries <= 100);
      assert.ok(consumer.retry_delay >= MINUTE);
    });

  test("and all of them are found", () => {
    const found = CONSUMERS.map(({ file, queue }) => `${file}: ${queue}`);
    assert.deepEqual(found.sort(), [
      "examples/consumer-js/wrangler.toml: orderhook-events",
      "examples/consumer-rust/wrangler.toml: orderhook-events",
      "src/dispatch/wrangler.toml: orderhook-activity",
      "src/dispatch/wrangler.toml: orderhook-attempts",
      "src/dispatch/wrangler.toml: orderhook-dead-letters",
      "src/dispatch/wrangler.toml: orderhook-events",
    ]);
  });
});

describe("dispatch", () => {
  const events = consumerOf(DISPATCH, EVENTS_QUEUE);
  const deadLetters = consumerOf(DISPATCH, DEAD_LETTER_QUEUE);

  test("an event becomes a dead letter before the free plan's queue drops it, and not much earlier", () => {
    const kept = figure(OPERATIONS, KEPT_FREE) * HOUR;
    const hours = figure(OPERATIONS, /An event that failed for about (\d+) hours/);
    assert.ok(lasting(events) < kept);
    assert.ok(lasting(events) >= hours * HOUR);
    assert.equal(events.dead_letter_queue, DEAD_LETTER_QUEUE);
  });

  test("a dead letter is redelivered for as long as the queue keeps it", () => {
    assert.ok(lasting(deadLetters) >= figure(OPERATIONS, KEPT) * 24 * HOUR);
    assert.equal(deadLetters.dead_letter_queue, undefined);
  });

  test("docs/operations.md has its figures", () => {
    const said = figure(OPERATIONS, /After (\d+) retries, about \d+ hours, they become dead/);
    assert.equal(events.max_retries, said);
    const minutes = figure(OPERATIONS, /the queue redelivers it every (\d+) minutes/);
    assert.equal(events.retry_delay, minutes * MINUTE);
    assert.match(OPERATIONS, /become dead letters, which are redelivered every hour for as long/);
    assert.equal(deadLetters.retry_delay, HOUR);
  });
});

describe("the examples", () => {
  for (const { file, ...consumer } of CONSUMERS.filter(({ file }) => file.startsWith("examples/")))
    test(`${file}: a failing Worker's retries take as long as its comment says`, () => {
      const minutes = figure(page(file), /that takes (\d+) minutes/);
      assert.equal(lasting(consumer), minutes * MINUTE);
      assert.equal(consumer.dead_letter_queue, DEAD_LETTER_QUEUE);
    });
});
