// Going back in time, by examples/restore: a restored journal gives no position out again, and a restored registry knows every journal.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { DISPATCH_TOKEN, event, startDispatch } from "../support/dispatch.js";
import { object } from "../support/dispatch-worker.js";
import { COMPATIBILITY_DATE } from "../support/settings.js";
import { openSocket } from "../support/socket.js";

const text = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const RESTORE = {
  config: {
    name: "restore",
    compatibilityDate: COMPATIBILITY_DATE,
    manifest: {
      mainModule: "restore.js",
      modules: {
        "restore.js": { type: "esm", contents: text("../../examples/restore/restore.js") },
      },
    },
    env: { JOURNAL: object("Journal"), REGISTRY: object("Registry") },
  },
};

let dispatch;
before(async () => {
  const around = text("../support/restorable-dispatch.js");
  dispatch = await startDispatch({ around, workers: [RESTORE] });
});
after(() => dispatch.stop());

/** Posts to the example. */
async function restore(body) {
  const worker = await dispatch.miniflare.getWorker("restore");
  const response = await worker.fetch("http://restore/", {
    method: "POST",
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

const idsOf = async (query) =>
  (await dispatch.get(`/v1/events?${query}`)).json.events.map((entry) => entry.event.id);

test("a reader whose cursor is of a later time gets what comes after a restore", async () => {
  const source = "shop";
  await dispatch.take(event({ source, id: "first" }));
  const bookmark = await dispatch.journal(source, "mark");
  await dispatch.take(event({ source, id: "second" }), event({ source, id: "third" }));
  const { head } = (await dispatch.get(`/v1/events?source=${source}`)).json;

  const { undo } = await restore({ journal: source, bookmark });
  assert.deepEqual(await idsOf(`source=${source}`), ["first"]);
  const socket = await openSocket(`${dispatch.url}v1/stream?source=${source}&after=${head}`, {
    authorization: `Bearer ${DISPATCH_TOKEN}`,
  });
  for (const id of ["live", "second", "third"]) await dispatch.take(event({ source, id }));
  const later = ["live", "second", "third"];
  assert.deepEqual(await idsOf(`source=${source}&sort=oldest&cursor=${head}`), later);
  await socket.event("third");
  assert.deepEqual(socket.ids(), later);
  socket.close();

  const { head: last } = (await dispatch.get(`/v1/events?source=${source}`)).json;
  await restore({ journal: source, bookmark: undo });
  assert.deepEqual(await idsOf(`source=${source}`), ["third", "second", "first"]);
  await dispatch.take(event({ source, id: "after the undo" }));
  assert.deepEqual(await idsOf(`source=${source}&sort=oldest&cursor=${last}`), ["after the undo"]);
});

test("a list has no empty page where a restore took many events away", async () => {
  const source = "large";
  await dispatch.take(event({ source, id: "before" }));
  const bookmark = await dispatch.journal(source, "mark");
  await dispatch.journal(source, "ask", JSON.stringify({ raise_floor: { seq: 20_000, at: 0 } }));
  await restore({ journal: source, bookmark });
  await dispatch.journal(source, "sql", "UPDATE events SET at = 1");
  for (const id of ["after", "last"]) await dispatch.take(event({ source, id }));
  const { json } = await dispatch.get("/v1/stats");
  const stats = json.sources.find((one) => one.source === source);
  assert.deepEqual([stats.events_last_hour, stats.events_last_day], [2, 2], JSON.stringify(json));
  for (const [sort, pages] of [
    ["oldest", [["before"], ["after", "last"]]],
    ["newest", [["last", "after"], ["before"]]],
  ]) {
    const first = (await dispatch.get(`/v1/events?source=${source}&sort=${sort}`)).json;
    const second = await idsOf(`source=${source}&sort=${sort}&cursor=${first.next}`);
    assert.deepEqual([first.events.map((entry) => entry.event.id), second], pages);
  }
});

test("a restored registry has the journals that were made after that time", async () => {
  const source = "young";
  const bookmark = await dispatch.registry("mark");
  await dispatch.take(event({ source, id: "y1" }));
  await restore({ registry: true, bookmark });
  assert.deepEqual(await idsOf(`source=${source}`), ["y1"]);
  await dispatch.take(event({ source, id: "y2" }));
  assert.deepEqual(await idsOf(`source=${source}`), ["y2", "y1"]);
  assert.equal((await dispatch.get(`/v1/events/${source}/y2`)).status, 200);
});
