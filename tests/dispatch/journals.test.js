// A list over many journals, over the shards of a source, and over many events.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");

const take = (dispatch, journal, events) =>
  dispatch.journal(
    journal,
    "take",
    events.map((event) => JSON.stringify(event)),
  );

/** Returns the ids of all pages of a list, and how many pages there are. */
async function pages(dispatch, path, key) {
  const [ids, counts] = [[], []];
  let cursor = "";
  do {
    const { status, json } = await dispatch.get(`${path}${cursor}`);
    assert.equal(status, 200, JSON.stringify(json));
    ids.push(...json[key].map((entry) => entry.id ?? entry.event.id));
    counts.push(json[key].length);
    cursor = json.next === null ? undefined : `&cursor=${json.next}`;
  } while (cursor !== undefined);
  return { ids, counts };
}

describe("a source with shards", () => {
  let dispatch;
  before(async () => {
    dispatch = await startDispatch({ vars: { SHARDS: { shop: 4, A: 2, big: 33 } } });
  });
  after(() => dispatch.stop());

  test("has its orders in several journals, and is read as one", async () => {
    const source = "shop";
    const events = Array.from({ length: 60 }, (_, n) =>
      event({ source, data: { order: { id: `${n % 20}` } } }),
    );
    for (const one of events) await dispatch.take(one);
    const listed = await pages(dispatch, `/v1/events?source=${source}&limit=7`, "events");
    assert.deepEqual(listed.ids, events.map(({ id }) => id).reverse());
    const orders = await pages(dispatch, `/v1/orders?source=${source}&limit=3`, "orders");
    const latest = Array.from({ length: 20 }, (_, n) => `${19 - n}`);
    assert.deepEqual(orders.ids, latest);
    for (const id of latest) {
      const { json } = await dispatch.get(`/v1/orders/${source}/${id}`);
      assert.deepEqual([json.order.source, json.order.events], [source, 3]);
    }
    const { json } = await dispatch.get(`/v1/stats?source=${source}`);
    assert.deepEqual(
      [json.sources[0].journals, json.sources[0].events, json.sources[0].orders],
      [4, 60, 20],
    );
    assert.equal((await dispatch.delete(`/v1/orders/${source}/7`)).status, 204);
    assert.equal((await dispatch.get(`/v1/orders/${source}/7`)).status, 404);
  });

  test("has one journal where the variable is wrong, and the log says so", async () => {
    await dispatch.take(event({ source: "big" }));
    const { json } = await dispatch.get("/v1/stats?source=big");
    assert.equal(json.sources[0].journals, 1);
    const { problems } = await dispatch.logged(({ at }) => at === "settings");
    assert.equal(problems.filter((problem) => problem.startsWith("`SHARDS`")).length, 2);
  });
});

describe("a long journal", () => {
  let dispatch;
  before(async () => (dispatch = await startDispatch()));
  after(() => dispatch.stop());

  test("is looked at in parts, and nothing between them is missed", async () => {
    const rare = { status: { now: "refunded" } };
    const other = { order: { id: "other" }, ...rare };
    const found = [];
    // Another journal has a rare event in between: the pages come in one order.
    for (let part = 0; part < 6; part += 1) {
      const events = Array.from({ length: 2000 }, (_, n) =>
        event({ source: "long", data: n === 7 ? other : { order: { id: `${n % 50}` } } }),
      );
      for (let at = 0; at < events.length; at += 500)
        await take(dispatch, "long", events.slice(at, at + 500));
      const between = event({ source: "short", data: other });
      await take(dispatch, "short", [between]);
      found.push(events[7].id, between.id);
    }
    await dispatch.registry("ask", JSON.stringify({ note: { journals: ["long", "short"] } }));
    for (const [sort, expected] of [
      ["newest", found.toReversed()],
      ["oldest", found],
    ]) {
      const ids = [];
      let cursor = "";
      for (let page = 0; page < 5; page += 1) {
        const { json } = await dispatch.get(`/v1/events?status=refunded&sort=${sort}${cursor}`);
        ids.push(...json.events.map(({ event }) => event.id));
        if (json.next === null) break;
        cursor = `&cursor=${json.next}`;
      }
      assert.deepEqual(ids, expected, sort);
    }
    const orders = await pages(dispatch, "/v1/orders?source=long&status=refunded", "orders");
    assert.deepEqual(orders.ids, ["other"]);
  });
});

test("more than 96 journals want a source", async () => {
  const dispatch = await startDispatch();
  try {
    const journals = Array.from({ length: 97 }, (_, n) => `source-${n}`);
    await dispatch.registry("ask", JSON.stringify({ note: { journals: journals.slice(1) } }));
    assert.equal((await dispatch.get("/v1/events")).status, 200);
    await dispatch.registry("ask", JSON.stringify({ note: { journals } }));
    for (const path of ["events", "orders", "stats", "export?of=events"]) {
      const { status, json } = await dispatch.get(`/v1/${path}`);
      assert.deepEqual([status, json.code], [400, "source_required"], path);
    }
    assert.equal((await dispatch.get("/v1/events?source=source-1")).status, 200);
    assert.equal((await dispatch.get("/v1/sources")).json.sources.length, 97);
  } finally {
    await dispatch.stop();
  }
});

test("a source's journals are asked together: those of its shards, and that from before them", async () => {
  const dispatch = await startDispatch({ vars: { SHARDS: { shop: 32 } } });
  try {
    const shards = Array.from({ length: 32 }, (_, n) => `shop.${n}`);
    const others = Array.from({ length: 64 }, (_, n) => `source-${n}`);
    const journals = ["shop", ...shards, ...others];
    await dispatch.registry("ask", JSON.stringify({ note: { journals } }));
    await take(dispatch, "shop", [event({ source: "shop", data: { order: { id: "before" } } })]);
    await dispatch.take(event({ source: "shop", data: { order: { id: "after" } } }));
    for (const path of ["events", "orders", "stats", "export?of=events"]) {
      const and = path.includes("?") ? "&" : "?";
      assert.equal((await dispatch.get(`/v1/${path}${and}source=shop`)).status, 200, path);
      assert.equal((await dispatch.get(`/v1/${path}`)).json.code, "source_required", path);
    }
    for (const id of ["before", "after"]) {
      assert.equal((await dispatch.get(`/v1/orders/shop/${id}`)).status, 200);
      assert.equal((await dispatch.delete(`/v1/orders/shop/${id}`)).status, 204);
    }
  } finally {
    await dispatch.stop();
  }
});

/** Makes 96 journals with the longest names, each at a position of 16 digits. */
async function makeLongest(dispatch, sources) {
  const journals = sources.flatMap((source) =>
    Array.from({ length: 32 }, (_, n) => `${source}.${n}`),
  );
  await dispatch.registry("ask", JSON.stringify({ note: { journals } }));
  const far = "INSERT INTO meta VALUES ('floor', 9007199254740000), ('floor_at', 0)";
  await Promise.all(journals.map((journal) => dispatch.journal(journal, "sql", far)));
  // Each asks the registry for the endpoints, and does not wait for long.
  for (const journal of journals) {
    const source = journal.split(".")[0];
    const customer = { name: null, email: "ada@example.com", phone: null };
    const events = [1, 2, 3].map((n) =>
      event({ source, data: { customer, order: { id: `${journal}-${n}` } } }),
    );
    await take(dispatch, journal, events);
  }
}

test("the largest cursor of each list is taken back", async () => {
  const sources = ["a", "b", "c"].map((letter) => letter.repeat(32));
  const SHARDS = Object.fromEntries(sources.map((source) => [source, 32]));
  const dispatch = await startDispatch({ around: OPEN, vars: { SHARDS } });
  const next = async (path, cursor) => {
    const { status, json } = await dispatch.get(`${path}&cursor=${cursor}`);
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  };
  try {
    await makeLongest(dispatch, sources);
    const newest = (await dispatch.get("/v1/events?limit=1")).json;
    assert.ok(newest.head.length > 6_000, `${newest.head.length} characters`);
    assert.deepEqual((await next("/v1/events?sort=oldest", newest.head)).events, []);
    assert.equal((await next("/v1/events?limit=1", newest.next)).events.length, 1);
    const orders = (await dispatch.get("/v1/orders?limit=1")).json;
    assert.equal((await next("/v1/orders?limit=1", orders.next)).orders.length, 1);
    const part = await dispatch.get("/v1/export?of=events&limit=1");
    const [, link] = /<([^>]*)>/.exec(part.headers.link);
    assert.equal((await dispatch.get(link)).status, 200);
    for (let cursor, left = 288; left > 0; ) {
      const erased = await dispatch.post("/v1/erasures", { email: "ada@example.com", cursor });
      assert.equal(erased.status, 200, erased.text);
      assert.equal(erased.json.complete, erased.json.next === null);
      cursor = erased.json.next ?? undefined;
      left = erased.json.complete ? 0 : left - erased.json.orders;
    }
    assert.deepEqual((await dispatch.get("/v1/orders")).json.orders, []);
  } finally {
    await dispatch.stop();
  }
});

test("the head of each page is after all events, also of journals whose list is over", async () => {
  const dispatch = await startDispatch();
  try {
    await dispatch.take(event({ source: "short" }));
    for (let n = 0; n < 3; n += 1) await dispatch.take(event({ source: "long" }));
    let page = (await dispatch.get("/v1/events?limit=1")).json;
    for (let n = 1; n <= 4; n += 1) {
      const { events } = (await dispatch.get(`/v1/events?sort=oldest&cursor=${page.head}`)).json;
      assert.deepEqual(events, [], `page ${n}`);
      if (page.next !== null)
        page = (await dispatch.get(`/v1/events?limit=1&cursor=${page.next}`)).json;
    }
    assert.equal(page.next, null);
    // A page that was begun has no event that was taken since.
    page = (await dispatch.get("/v1/events?limit=1")).json;
    await dispatch.take(event({ source: "new" }), event({ source: "short" }));
    const rest = await pages(dispatch, `/v1/events?limit=9&cursor=${page.next}`, "events");
    assert.equal(rest.ids.length, 3);
  } finally {
    await dispatch.stop();
  }
});
