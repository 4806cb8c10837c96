// What a million events cost with two endpoints: the rows, messages and calls are counted here, the prices are Cloudflare's.
import { readFileSync } from "node:fs";
import { event, startDispatch } from "../../tests/support/dispatch.js";
import { startEndpoint } from "../../tests/support/endpoint.js";

const COUNTING = readFileSync(new URL("../dispatch/counting.js", import.meta.url), "utf8");
const SOURCE = "cost";

/** US dollars for a million of each, beyond what the paid plan includes. */
const PRICES = { rows: 1, operations: 0.4, requests: 0.15 };
/** The operations of a message: it is written, read and deleted. */
const OPERATIONS = 3;

/** Counts what each of so many events needs, alone and with two endpoints. */
export async function costs({ count }) {
  const server = await startEndpoint();
  const vars = { LOCAL_ENDPOINTS: server.pair };
  const dispatch = await startDispatch({ around: COUNTING, vars });
  try {
    const alone = await counted(dispatch, count);
    for (const path of ["/one", "/other"])
      await dispatch.post("/v1/endpoints", { url: `http://${server.pair}${path}` });
    return priced(alone, await counted(dispatch, count));
  } finally {
    await dispatch.stop();
    await server.stop();
  }
}

/** Returns what an event needs: the rows that are written, those that removing it writes, pointers, and calls. */
async function counted(dispatch, count) {
  const journal = (method, ...args) => dispatch.journal(SOURCE, method, ...args);
  await taken(dispatch, 10);
  await journal("counts");
  await taken(dispatch, count);
  const { rows, pointers, calls } = await journal("counts");
  const left = async () => (await journal("sql", "SELECT count(*) FROM events"))[0][0];
  const all = await left();
  await journal("sql", "UPDATE events SET at = 0");
  while ((await left()) > 0) await journal("tend");
  const removed = (await journal("counts")).rows / all;
  return { rows: rows / count, removed, pointers: pointers / count, calls: calls / count };
}

/** Takes events in tens, and waits until both endpoints have them. */
async function taken(dispatch, count) {
  for (let at = 0; at < count; at += 10)
    await dispatch.take(
      ...Array.from({ length: 10 }, () =>
        event({ source: SOURCE, data: { order: { id: `${at}` } } }),
      ),
    );
  const left = "SELECT count(*) FROM deliveries WHERE state <> 'done'";
  while ((await dispatch.journal(SOURCE, "sql", left))[0][0] > 0);
}

/** Adds the price of a million events of each kind. */
function priced(alone, both) {
  const row = (what, each, price) => ({ what, each, price: each * price });
  const operations = both.pointers * OPERATIONS;
  return [
    row("rows written to take an event", alone.rows, PRICES.rows),
    row("rows written to deliver it twice", both.rows - alone.rows, PRICES.rows),
    row("rows written to remove it", both.removed, PRICES.rows),
    row("operations of `orderhook-attempts`", operations, PRICES.operations),
    row("operations of `orderhook-events`", OPERATIONS, PRICES.operations),
    row("requests to the journal", both.calls, PRICES.requests),
  ];
}
