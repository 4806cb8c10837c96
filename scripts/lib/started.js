// What `npm start` tells the builds of its two sessions of wrangler.
import { setTimeout as pause } from "node:timers/promises";
import { inRoot } from "../setup.js";

/** The variable that has the address at which dispatch will answer. */
export const STARTED = "ORDERHOOK_STARTED";

const PAUSE_MS = 50;

/** Returns where the Workers find each other: apart from what other clones run. */
export const registryPath = () =>
  process.env.WRANGLER_REGISTRY_PATH ?? inRoot(".wrangler/registry");

/** Returns whether `npm start` runs this build: then the tools are installed. */
export const isStarted = () => process.env[STARTED] !== undefined;

/**
 * Waits until dispatch answers. A local queue is in memory, and loses the events that the receiver sends before dispatch takes them.
 */
export async function turn() {
  while (!(await answers(process.env[STARTED]))) await pause(PAUSE_MS);
}

/** Returns whether something answers, whatever it says. */
export async function answers(url) {
  try {
    await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    return false;
  }
}
