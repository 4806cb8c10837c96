// Moves dead letters back into the queue of events. Each is sent first and removed afterwards: after a failure between the two it
// is in both queues, and always in at least one.
import { createHash } from "node:crypto";
import { Failure } from "../failure.js";
import { batches } from "./api.js";
import { letterOf } from "./letter.js";

/**
 * Moves the letters that are `wanted` from one queue to the other. Returns the results: `back` are those in the other queue,
 * `twice` those in both, `left` those that stayed, each with its `why`, and `failure` is the reason for an early end. Throws if
 * nothing has been done yet.
 */
export async function requeue({ from, to, wanted }) {
  /** @type {{ back: any[], twice: any[], left: any[], failure: string | null }} */
  const moved = { back: [], twice: [], left: [], failure: null };
  try {
    await rounds({ from, to, wanted, moved });
  } catch (error) {
    if (
      !(error instanceof Failure) ||
      moved.back.length + moved.twice.length + moved.left.length === 0
    )
      throw error;
    moved.failure = error.message;
  }
  return moved;
}

// A peek shows the first messages: the next ones appear once those are removed.
async function rounds({ from, to, wanted, moved }) {
  const handled = new Set();
  const sent = new Set();
  for (;;) {
    const letters = (await from.peek())
      .map(letterOf)
      .filter((letter) => wanted(letter) && !handled.has(letter.id));
    const reasons = letters.map((letter) => reasonToLeave(letter, sent));
    const movable = letters.filter((_, index) => reasons[index] === undefined);
    for (const [index, why] of reasons.entries())
      if (why !== undefined) moved.left.push({ ...letters[index], why });
    if (movable.length === 0) return;
    await moveAll({ from, to, moved, rest: batches(movable) });
    for (const { id } of letters) handled.add(id);
    for (const { text } of movable) sent.add(digest(text));
  }
}

function reasonToLeave({ type, text }, sent) {
  if (text === null) return `a message of the type ${type} cannot be sent from here`;
  // A letter that every consumer rejects would be requeued for ever.
  if (sent.has(digest(text)))
    return "it is the same as one that was put back just now, or is that one again";
  return undefined;
}

const digest = (text) => createHash("sha256").update(text).digest("base64");

async function moveAll({ from, to, moved, rest }) {
  try {
    while (rest.length > 0) await move({ from, to, moved, batch: rest.shift() });
  } finally {
    moved.left.push(...rest.flat().map((letter) => ({ ...letter, why: UNSENT })));
  }
}

async function move({ from, to, batch, moved }) {
  try {
    await to.push(batch);
  } catch (error) {
    moved.left.push(...batch.map((letter) => ({ ...letter, why: NOT_SENT[error.code] ?? UNSENT })));
    throw error;
  }
  let problems;
  try {
    problems = await from.purge(batch);
  } catch (error) {
    moved.twice.push(...batch.map((letter) => ({ ...letter, why: "it was not taken off" })));
    throw error;
  }
  for (const letter of batch) {
    const problem = problems.find(({ ref }) => ref === undefined || ref === letter.ref);
    if (problem) moved.twice.push({ ...letter, why: problem.said });
    else moved.back.push(letter);
  }
}

const UNSENT = "it was not sent";
const MAYBE = "it may have been sent, and be in both queues";
const NOT_SENT = { unreachable: MAYBE, api_failed: MAYBE };
