// What dispatch does on this machine: events a second into one journal, the rows and bytes that an event writes, and how long each
// list takes when a journal is small and when it is large. `npm run bench -- dispatch` builds and runs it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { event, startDispatch } from "../tests/support/dispatch.js";
import { DISPATCH, numbers } from "./options.js";
import { grouped } from "./peers/report.js";

const { values } = parseArgs({ options: DISPATCH });
const { events: EVENTS } = numbers(values);
const SOURCE = "bench";
/** The events of an order. */
const LIFE = ["confirmed", "processing", "shipped", "out_for_delivery", "delivered"];
const BODY_BYTES = 2_000;
const MINUTE = 60_000;
const START = Date.parse("2026-05-09T10:00:00Z");

/** Counts the rows that a journal's statements write. It runs in dispatch's place. */
const COUNTING = readFileSync(new URL("dispatch/counting.js", import.meta.url), "utf8");

let made = 0;
/** Makes the next event, of about two kilobytes. Orders live one after another, 50 at a time. */
function next() {
  const n = made++;
  const [block, within] = [Math.floor(n / 250), n % 250];
  const [step, order] = [Math.floor(within / 50), block * 50 + (within % 50)];
  const status = { now: LIFE[step], was: LIFE[step - 1] ?? null, final: step === LIFE.length - 1 };
  const customer = { name: "A. Customer", email: `c${order}@example.com`, phone: null };
  return JSON.stringify(
    event({
      id: `bench-${n}`,
      source: SOURCE,
      time: new Date(START + n * MINUTE).toISOString(),
      data: {
        status,
        customer,
        order: { id: `${order}`, reference: `R-${order}`, tracking_number: `T-${order}` },
        payload: "x".repeat(BODY_BYTES - 1_100),
      },
    }),
  );
}

const batchOf = (count) => Array.from({ length: count }, next);

/** Takes events in batches, `beside` of them at a time. Returns events a second. */
async function take(dispatch, count, batch, beside) {
  let left = count;
  const began = performance.now();
  const worker = async () => {
    while (left > 0) {
      left -= batch;
      await dispatch.journal(SOURCE, "take", batchOf(batch));
    }
  };
  await Promise.all(Array.from({ length: beside }, worker));
  return (count / (performance.now() - began)) * 1000;
}

const say = (...columns) => console.log(columns.map((text) => String(text).padEnd(34)).join(""));

const LISTS = {
  events: "/v1/events",
  "events, filtered": "/v1/events?status=delivered",
  "events, nothing found": "/v1/events?status=refunded",
  "events of an order": "/v1/events?order=7",
  orders: "/v1/orders",
  "orders, filtered": "/v1/orders?phase=moving",
  "orders by tracking number": "/v1/orders?tracking_number=T-7",
  "an order": `/v1/orders/${SOURCE}/7`,
  "an event": `/v1/events/${SOURCE}/bench-7`,
  stats: "/v1/stats",
};

/** Returns the median of some requests, in milliseconds. */
async function median(dispatch, path) {
  const times = [];
  for (let time = 0; time < 15; time += 1) {
    const began = performance.now();
    const { status } = await dispatch.get(path);
    if (status !== 200) throw new Error(`${path}: ${status}`);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[7];
}

async function lists(dispatch) {
  const measured = {};
  for (const [name, path] of Object.entries(LISTS)) measured[name] = await median(dispatch, path);
  return measured;
}

async function measure(dispatch) {
  await dispatch.take(JSON.parse(next()));
  await take(dispatch, 500, 100, 1);
  for (const [name, count, batch] of [
    ["alone", 1_000, 1],
    ["in tens", 5_000, 10],
    ["in hundreds", 20_000, 100],
  ]) {
    await dispatch.journal(SOURCE, "rows");
    const rate = await take(dispatch, count, batch, 4);
    const rows = (await dispatch.journal(SOURCE, "rows")) / count;
    say(`${name}:`, `${grouped(rate)} events/s`, `${rows.toFixed(2)} rows written an event`);
  }
  const small = await lists(dispatch);
  const before = made;
  if (EVENTS > made) {
    const rate = await take(dispatch, EVENTS - made, 100, 4);
    say(`up to ${grouped(made)} events:`, `${grouped(rate)} events/s`);
  }
  const events = made;
  const bytes = await dispatch.journal(SOURCE, "bytes");
  say("bytes an event:", grouped(bytes / events), `of ${grouped(next().length)} as JSON`);
  const large = await lists(dispatch);
  say("", `${grouped(before)} events`, `${grouped(made)} events`);
  for (const name of Object.keys(LISTS))
    say(`${name}:`, `${small[name].toFixed(1)} ms`, `${large[name].toFixed(1)} ms`);
}

const persist = mkdtempSync(join(tmpdir(), "bench-dispatch-"));
const dispatch = await startDispatch({ around: COUNTING, persist });
try {
  await measure(dispatch);
} finally {
  await dispatch.stop();
  rmSync(persist, { recursive: true, force: true });
}
