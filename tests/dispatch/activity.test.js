// The registry counts each message of the receiver's activity once.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { startDispatch } from "../support/dispatch.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");

let dispatch;
before(async () => (dispatch = await startDispatch({ around: OPEN })));
after(() => dispatch.stop());

const sql = (...query) => dispatch.registry("sql", ...query);

/** Adds messages, as the consumer does: each is its id, its source, its count, and whether it came before. */
const add = (...messages) =>
  dispatch.registry(
    "ask",
    JSON.stringify({
      add_activity: {
        messages: messages.map(([id, source, count, came_before]) => ({
          ...{ id, came_before },
          sums: [{ at: Date.now(), source, code: "accepted", latency: 3, count }],
        })),
      },
    }),
  );

const total = async (source) =>
  (await sql("SELECT sum(n) FROM activity WHERE source = ?", source))[0][0];

test("a message that comes again after a commit that answered too late adds nothing", async () => {
  await add(["a-1", "again", 5, false], ["a-2", "again", 7, false]);
  await add(["a-1", "again", 5, true], ["a-3", "again", 1, false]);
  assert.equal(await total("again"), 13);
});

test("a message that comes again and was not counted is counted", async () => {
  await add(["b-1", "failed", 5, true]);
  assert.equal(await total("failed"), 5);
  await add(["b-1", "failed", 5, true]);
  assert.equal(await total("failed"), 5);
});

test("what is remembered of messages is a row for each batch, and goes after an hour", async () => {
  const rows = () => sql("SELECT count(*) FROM counted");
  await sql("DELETE FROM counted");
  await add(["c-1", "rows", 1, false], ["c-2", "rows", 1, false]);
  assert.deepEqual(await rows(), [[1]]);
  await sql("UPDATE counted SET at = at - 3600001");
  await dispatch.registry("tend");
  assert.deepEqual(await rows(), [[0]]);
});
