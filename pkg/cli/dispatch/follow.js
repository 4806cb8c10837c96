// Follows the list of events. Each request has the cursor of the last answer, so that no event is left out or comes twice.
import { setTimeout as pause } from "node:timers/promises";
import { complain } from "../command.js";
import { pathOf, read } from "./api.js";

const MAX_PAUSE_S = 60;

/**
 * Shows the events that are taken after `cursor`, until the signal is aborted. While dispatch does not answer, it is asked again.
 */
export async function follow({ access, filters, cursor, interval, signal, show }) {
  let position = cursor;
  let failures = 0;
  while (!signal.aborted) {
    const query = { ...filters, sort: "oldest", cursor: position };
    const page = await read({ ...access, signal }, pathOf(["events"], query)).catch((error) => {
      if (signal.aborted) return undefined;
      if (!isTemporary(error)) throw error;
      if (failures === 0) complain(error.message);
      failures += 1;
      return undefined;
    });
    if (page) {
      failures = 0;
      position = page.next;
      show(page.events);
      if (page.next !== page.head) continue;
    }
    const seconds = Math.min(interval * 2 ** failures, Math.max(interval, MAX_PAUSE_S));
    await pause(seconds * 1000, undefined, { signal }).catch(() => {});
  }
}

const isTemporary = ({ isUnreachable, status }) => isUnreachable || status === 429 || status >= 500;

/** Returns a signal that Ctrl-C aborts, or a signal to this process to end. */
export function interrupted() {
  const end = new AbortController();
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.once(signal, () => end.abort());
  return end.signal;
}
