// The two queues, as wrangler.toml names them.
import { readFileSync } from "node:fs";
import { inRoot } from "../setup.js";

const DEAD_LETTERS = "orderhook-dead-letters";

/** wrangler.toml, as a value. */
export async function wranglerToml() {
  // Here, and not above: the set-up that installs it runs first.
  const { parse } = await import("smol-toml");
  return parse(readFileSync(inRoot("wrangler.toml"), "utf8"));
}

/** The names of both queues. Once the consumer is another Worker, that one's file has the name of the dead letters'. */
export function queuesOf({ queues = {} }) {
  const events = queues.producers?.find(({ binding }) => binding === "EVENTS")?.queue;
  const consumer = queues.consumers?.find(({ queue }) => queue === events);
  return { events, deadLetters: consumer?.dead_letter_queue ?? DEAD_LETTERS };
}
