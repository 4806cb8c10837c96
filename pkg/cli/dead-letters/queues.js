// The queue of events and its dead-letter queue, as a Worker's configuration names them.
import { wrongUsage } from "../failure.js";

const DEAD_LETTERS = "orderhook-dead-letters";

/**
 * Returns the names of both queues. The Worker that consumes the events may differ from the receiver: its configuration lacks
 * a producer, and has a consumer with a dead-letter queue.
 *
 * @param {{ queues?: { producers?: any, consumers?: any } }} config
 */
export function queuesOf({ queues = {} }) {
  const producers = [queues.producers ?? []].flat();
  const consumers = [queues.consumers ?? []].flat();
  const own = consumers.filter(({ dead_letter_queue }) => dead_letter_queue);
  const events =
    producers.find(({ binding }) => binding === "EVENTS")?.queue ??
    (own.length === 1 ? own[0].queue : undefined);
  if (events === undefined) throw wrongUsage(UNNAMED);
  const consumer = consumers.find(({ queue }) => queue === events);
  return { events, deadLetters: consumer?.dead_letter_queue ?? DEAD_LETTERS };
}

const UNNAMED =
  "wrangler.toml names no queues: it has neither a producer EVENTS nor one consumer with a dead_letter_queue. " +
  "Run this in the folder of your orderhook Worker, or of the Worker that takes its events.";
