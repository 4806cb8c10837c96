// A look-up reads a bounded number of rows, however many orders share a name and however many events an order has.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");

let dispatch;
before(async () => (dispatch = await startDispatch({ around: OPEN })));
after(() => dispatch.stop());

/** Puts events into a journal, and makes the journal known. */
async function take(source, events) {
  for (let at = 0; at < events.length; at += 500)
    await dispatch.journal(
      source,
      "take",
      events.slice(at, at + 500).map((event) => JSON.stringify(event)),
    );
  await dispatch.registry("ask", JSON.stringify({ note: { journals: [source] } }));
}

/** Makes the first event of each of `count` orders that share a reference. */
const sharing = (source, count, reference) =>
  Array.from({ length: count }, (_, n) =>
    event({
      source,
      data: { order: { id: `${n}`, reference, tracking_number: n === 7 ? "T-7" : null } },
    }),
  );

/** Returns how many rows the first page of a look-up reads. */
async function rowsOf(source, query) {
  const part = { newest: true, after: null, limit: 50, bytes: 1_000_000, since: null, until: null };
  const { read } = await dispatch.journal(source, "counted", { orders: { part, ...query } });
  return read;
}

/** Returns the ids of all pages. */
async function idsOf(query) {
  const ids = [];
  let cursor = "";
  do {
    const { json } = await dispatch.get(`/v1/orders?limit=200&${query}${cursor}`);
    ids.push(...json.orders.map(({ id }) => id));
    cursor = json.next === null ? undefined : `&cursor=${json.next}`;
  } while (cursor !== undefined);
  return ids;
}

for (const count of [900, 1_000, 1_001, 7_000])
  test(`a page of ${count} orders that share a reference`, async () => {
    const source = `shared-${count}`;
    await take(source, sharing(source, count, "N/A"));
    const all = Array.from({ length: count }, (_, n) => `${count - 1 - n}`);
    assert.deepEqual(await idsOf(`source=${source}&reference=N%2FA`), all);
    assert.deepEqual(await idsOf(`source=${source}&reference=N%2FA&tracking_number=T-7`), ["7"]);
    assert.deepEqual(await idsOf(`source=${source}&reference=N%2FA&status=refunded`), []);

    const read = await rowsOf(source, { reference: "N/A" });
    assert.ok(read < 12_000, `${read} rows`);
    // No order matches: at most the looked-at part of the journal is read, its orders and their names.
    const inVain = await rowsOf(source, { reference: "N/A", statuses: ["refunded"] });
    assert.ok(inVain < 16_000, `${inVain} rows`);
    const rare = await rowsOf(source, { reference: "N/A", tracking_number: "T-7" });
    assert.ok(rare < (count > 1_000 ? 1_100 : 3_100), `${rare} rows`);
  });

test("an order's events are counted up to 1,000", async () => {
  const source = "long";
  const events = Array.from({ length: 1_500 }, () =>
    event({ source, data: { order: { reference: "L" } } }),
  );
  await take(source, events.slice(0, 999));
  const count = async () =>
    (await dispatch.get(`/v1/orders?source=${source}&reference=L`)).json.orders[0].events;
  assert.equal(await count(), 999);
  await take(source, events.slice(999));
  assert.equal(await count(), 1_000);
  assert.ok((await rowsOf(source, { reference: "L" })) < 2_000);
});
