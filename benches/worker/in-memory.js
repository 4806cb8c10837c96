// Runs a Worker with KV and the queue in plain memory, in its own isolate, so that only the Worker is measured. Messages
// to the queue are written as JSON, as the runtime does. Old entries are forgotten, so that a million deliveries do not fill it.
import worker from "./entry.js";

export * from "./entry.js";

const MOST = 4_096;
const kept = new Map();

/** Part of the key of an event that another isolate took: KV has it from the beginning. */
const ELSEWHERE = ":ORD-elsewhere-";
const RECORD = '{"id":"taken elsewhere","taken_at":"2026-01-01T00:00:00.000Z"}';

let last = null;

const SEEN = {
  async get(key) {
    return key.includes(ELSEWHERE) ? RECORD : (kept.get(key) ?? null);
  },
  async put(key, value) {
    kept.set(key, value);
    if (kept.size > MOST) kept.delete(kept.keys().next().value);
  },
};

const EVENTS = {
  async send(message) {
    last = JSON.stringify(message);
  },
};

let env;

export default {
  fetch(request, given, ctx) {
    env ??= { ...given, SEEN, EVENTS };
    return worker.fetch(request, env, ctx);
  },
};

/** Returns the last message. */
export const queue = { fetch: () => new Response(last) };
