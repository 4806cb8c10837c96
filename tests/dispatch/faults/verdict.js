// Judges a run: what is in the journals, what became of each delivery, and what the endpoints were sent.
import assert from "node:assert/strict";

/** The attempts of a delivery. */
const MAX_ATTEMPTS = 10;

/** Returns all entries of a list of the API. */
async function all({ dispatch }, path, member) {
  const entries = [];
  for (let next = ""; next !== undefined; ) {
    const { json } = await dispatch.get(`${path}?limit=200${next}`);
    entries.push(...json[member]);
    next = json.next === null ? undefined : `&cursor=${json.next}`;
  }
  return entries;
}

/** Fails if an event is missing, or in a journal twice. */
export async function judgeEvents(run, events) {
  const kept = await all(run, "/v1/events", "events");
  assert.deepEqual(kept.map(({ event }) => event.id).sort(), events.map(({ id }) => id).sort());
}

/**
 * Fails if an event did not reach an endpoint that wants it, and is neither dead nor held with a reason; if it went elsewhere; or
 * if it was repeated without a death or a replay. Returns the sums.
 */
export async function judgeDeliveries(run, wanted, dead) {
  const sums = { done: 0, dead: 0, held: 0, repeated: 0 };
  const expected = new Set();
  for (const [path, ids] of Object.entries(wanted)) {
    const endpoint = run.endpoints.get(path);
    const deliveries = await all(run, `/v1/endpoints/${endpoint}/deliveries`, "deliveries");
    assert.deepEqual(deliveries.map((delivery) => delivery.event_id).sort(), ids.toSorted(), path);
    for (const delivery of deliveries) {
      expected.add(`${path} ${delivery.event_id}`);
      sums[delivery.state] += 1;
      sums.repeated += judge(run, path, delivery, dead);
    }
  }
  const elsewhere = run.inbox.keys().filter((key) => !expected.has(key));
  assert.deepEqual(elsewhere, [], "nothing goes where it is not wanted");
  assert.equal(run.inbox.unsigned, 0);
  return sums;
}

/** Judges a delivery. Returns how often it was repeated since its outcome was lost. */
function judge(run, path, delivery, dead) {
  const { epochs, hasSucceeded } = run.inbox.of(path, delivery.event_id);
  const text = JSON.stringify({ path, ...delivery, epochs });
  const { state, attempts, last_status: status, last_note: note } = delivery;
  if (state === "done") assert.ok(hasSucceeded && status >= 200 && status < 300, text);
  else if (state === "dead") assert.ok(attempts >= MAX_ATTEMPTS && (status ?? note) !== null, text);
  else assert.ok(state === "held" && dead.includes(path), text);
  // A death loses the outcome of one attempt at most. A replay repeats what is under way.
  const died = new Set(epochs.filter((epoch) => epoch < run.dispatch.deaths())).size;
  const lost = died + (run.enabled[path] ?? 0);
  const repeated = Math.max(0, epochs.length - attempts);
  assert.ok(repeated <= lost, text);
  return repeated;
}
