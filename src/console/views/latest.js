// The latest events. One source streams over a WebSocket; all of them are read by asking for what is new.
import { asking, get } from "../api.js";
import { useEffect, useState } from "../vendor/hooks.js";

/** How many events are kept: older ones leave the page. */
const KEPT = 100;
const POLL_MS = 2_000;
/** How often events of a stream are shown: many may come in a second. */
const SHOW_MS = 250;

/** @typedef {{ source?: string, events?: any[], problem?: any }} Latest */

/** Returns the latest events, the newest first, of a source or of all. While it is paused nothing is added. */
export function useLatest(source, isPaused) {
  const [state, setState] = useState(/** @type {Latest} */ ({}));
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (isPaused) return undefined;
    const control = new AbortController();
    const add = (found) =>
      setState((before) => ({ source, events: merged(eventsOf(before, source) ?? [], found) }));
    const fail = (problem) =>
      setState((before) => ({ source, events: eventsOf(before, source), problem }));
    void persist(() => follow({ source, signal: control.signal, add }), fail, control.signal);
    return () => control.abort();
  }, [source, isPaused, round]);
  const problem = state.source === source ? state.problem : undefined;
  return { events: eventsOf(state, source), problem, again: () => setRound(round + 1) };
}

const eventsOf = (state, source) => (state.source === source ? state.events : undefined);

/** Returns the events with those that were found, the oldest of these first, in front of them. Each is there once. */
function merged(events, found) {
  const known = new Set(events.map(nameOf));
  const fresh = found.filter((record) => !known.has(nameOf(record)));
  return [...fresh.toReversed(), ...events].slice(0, KEPT);
}

const nameOf = ({ source, event, taken_at: at }) => `${source} ${event.id} ${at}`;

/** Does `work` until the signal, and again after a failure that may pass. */
async function persist(work, fail, signal) {
  while (!signal.aborted) {
    const problem = await work().catch((problem) => problem);
    if (!problem || signal.aborted) return;
    fail(problem);
    if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) return;
    await pause(signal);
  }
}

/** Adds the events of now, and then those that come, until the signal. */
async function follow({ source, signal, add }) {
  while (!signal.aborted) {
    const page = await get(asking("/v1/events", { source, limit: "50" }), { signal });
    add(page.events.toReversed());
    const isStreamed = source !== "" && (await streamed({ source, after: page.head, signal, add }));
    if (!isStreamed) return polled({ source, cursor: page.head, signal, add });
    await pause(signal);
  }
}

/** Adds what is new, again and again, until the signal. */
async function polled({ source, cursor, signal, add }) {
  let at = cursor;
  while (!signal.aborted) {
    await pause(signal);
    if (document.hidden || signal.aborted) continue;
    const query = { source, sort: "oldest", cursor: at, limit: "200" };
    const { events, next } = await get(asking("/v1/events", query), { signal });
    if (events.length > 0) add(events);
    at = next;
  }
}

/** Adds the events of a source as they come, until the connection ends. Returns whether there was one. */
function streamed({ source, after, signal, add }) {
  const address = new URL(asking("/v1/stream", { source, after }), location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  let waiting = [];
  const show = () => {
    if (waiting.length === 0) return;
    add(waiting);
    waiting = [];
    // dispatch sends more only to those who say that they have got what it sent.
    if (socket.readyState === WebSocket.OPEN) socket.send("ping");
  };
  return new Promise((resolve) => {
    let isOpen = false;
    const timer = setInterval(show, SHOW_MS);
    socket.onopen = () => (isOpen = true);
    socket.onmessage = ({ data }) => {
      if (data !== "pong") waiting = [...waiting, JSON.parse(data)].slice(-KEPT);
    };
    socket.onclose = () => {
      clearInterval(timer);
      if (!signal.aborted) show();
      resolve(isOpen);
    };
    signal.addEventListener("abort", () => socket.close(), { once: true });
  });
}

const pause = (signal) =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve(undefined);
    };
    const timer = setTimeout(end, POLL_MS);
    signal.addEventListener("abort", end);
  });
