// What faults/verdict.js allows an isolate to have forgotten: its memory has a few places for all events of a set.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALM } from "./faults/fault-plan.js";
import { Ledger } from "./faults/ledger.js";
import { judge, setOf } from "./faults/verdict.js";

const SOURCE = "wakilni";
const KNEW = "a duplicate: the isolate knew of it";

/** Opens the accounts of so many events that share a set. */
function neighbours(ledger, count) {
  const accounts = [];
  for (let n = 0; accounts.length < count; n++) {
    const id = `event-${n}`;
    if (setOf({ source: SOURCE, id }) === 0)
      accounts.push(ledger.open({ name: id, key: `${SOURCE}/${id}`, source: SOURCE, id }));
  }
  return accounts;
}

const begin = (account) => account.begin({ isolate: 0, patient: true });

/** Sends the event of an attempt, and ends the attempt. */
function finish(account, attempt) {
  account.land(account.step("send", 0));
  account.end(attempt, "accepted");
}

/**
 * Returns whether the second message of an event counts as an error. The event waited while `before` others of its set came and
 * went; `after` more came between its two messages.
 */
function isError({ before, after }) {
  const ledger = new Ledger(CALM);
  const [late, ...others] = neighbours(ledger, 1 + before + after);
  const waiting = begin(late);
  for (const other of others.slice(0, before)) finish(other, begin(other));
  finish(late, waiting);
  for (const other of others.slice(before)) finish(other, begin(other));
  finish(late, begin(late));
  judge(ledger, { dedup: "kv" });
  return ledger.wrongs.some((text) => text.startsWith(KNEW));
}

test("an event that waited is forgotten before those that came later and went", () => {
  assert.equal(isError({ before: 3, after: 1 }), false);
});

test("three that came while it waited are not enough without one more", () => {
  assert.equal(isError({ before: 3, after: 0 }), true);
});

test("an event that did not wait is forgotten once four more have come", () => {
  assert.equal(isError({ before: 0, after: 4 }), false);
  assert.equal(isError({ before: 0, after: 3 }), true);
});

test("a copy that begins before the first has ended keeps its place", () => {
  const ledger = new Ledger(CALM);
  const [late, ...others] = neighbours(ledger, 5);
  const first = begin(late);
  for (const other of others.slice(0, 3)) finish(other, begin(other));
  const copy = begin(late);
  late.end(first, "queue_unavailable");
  finish(late, copy);
  finish(others[3], begin(others[3]));
  finish(late, begin(late));
  judge(ledger, { dedup: "kv" });
  assert.ok(!ledger.wrongs.some((text) => text.startsWith(KNEW)));
});
