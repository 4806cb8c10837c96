// Messages that could not be taken: kept whole, listed, shown, put back and deleted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { DEAD_LETTER_QUEUE, EVENTS_QUEUE } from "../support/workerd.js";

let dispatch;
before(async () => (dispatch = await startDispatch()));
after(() => dispatch.stop());

/** Returns the dead letters, once there is one that satisfies `predicate`. */
async function until(predicate) {
  for (;;) {
    const found = (await list()).filter(predicate);
    if (found.length > 0) return found;
  }
}

const list = async () => (await dispatch.get("/v1/dead-letters?limit=200")).json.dead_letters;

/** Does some work. Returns the dead letters that were not there before it, once there is one. */
async function made(work) {
  const known = (await list()).map(({ id }) => id);
  await work();
  return until(({ id }) => !known.includes(id));
}

const show = async (id) => (await dispatch.get(`/v1/dead-letters/${id}`)).json;

const NO_EVENTS = {
  "a text": ["plain text", "text", "plain text"],
  "a number": [7, "json", "7"],
  null: [null, "json", "null"],
  "an empty object": [{}, "json", "{}"],
  "an event without an id": [{ ...event(), id: undefined }],
  "an event of a source without a name": [{ ...event(), source: "/hooks/A" }],
  "an event of a later type": [{ ...event(), type: "orderhook.order.status.v2" }],
};

for (const [name, [bad, form = "json", content = JSON.stringify(bad)]] of Object.entries(NO_EVENTS))
  test(`no event, between two that are: ${name}`, async () => {
    const [first, last] = [event(), event()];
    const letters = await made(async () => {
      await dispatch.put(EVENTS_QUEUE, first, bad, last);
      for (const { id } of [first, last]) await dispatch.logged((line) => line.id === id);
    });
    assert.equal(letters.length, 1);
    assert.deepEqual(
      { ...letters[0], id: "", since: "" },
      {
        id: "",
        source: null,
        event_id: null,
        type: null,
        order: null,
        since: "",
        attempts: 1,
        form,
        bytes: Buffer.byteLength(content),
      },
    );
    assert.deepEqual(await show(letters[0].id), { dead_letter: letters[0], content });
  });

test("an event from the dead-letter queue is listed with its names, put back, and taken", async () => {
  const dead = event({ source: "dead", data: { order: { id: "D 1" } } });
  await dispatch.put(DEAD_LETTER_QUEUE, dead);
  const [letter] = await until(({ event_id }) => event_id === dead.id);
  assert.deepEqual(
    [letter.source, letter.type, letter.order, letter.form],
    ["dead", dead.type, "D 1", "json"],
  );
  const of = async (source) =>
    (await dispatch.get(`/v1/dead-letters?source=${source}`)).json.dead_letters;
  assert.deepEqual(await of("dead"), [letter]);
  assert.deepEqual(await of("other"), []);

  assert.equal((await dispatch.post(`/v1/dead-letters/${letter.id}/requeue`)).status, 204);
  await dispatch.logged(({ at, id }) => at === "event" && id === dead.id);
  const { json } = await dispatch.get(`/v1/events/dead/${dead.id}`);
  assert.deepEqual(json.event, dead);
  assert.deepEqual(await of("dead"), []);
  const { status } = await dispatch.post(`/v1/dead-letters/${letter.id}/requeue`);
  assert.equal(status, 404);
  const { entries } = (await dispatch.get("/v1/audit")).json;
  assert.deepEqual([entries[0].action, entries[0].target], ["dead_letter_requeued", letter.id]);
});

test("a text and bytes come back as what they were", async () => {
  const producer = await dispatch.miniflare.getQueueProducer("DEAD", "driver");
  await producer.send("words", { contentType: "text" });
  await producer.send(Uint8Array.of(0, 255, 16), { contentType: "bytes" });
  const [text] = await until(({ form, bytes }) => form === "text" && bytes === 5);
  const [bytes] = await until(({ form }) => form === "base64");
  assert.equal((await show(text.id)).content, "words");
  assert.equal((await show(bytes.id)).content, "AP8Q");
  for (const { id, form } of [text, bytes]) {
    const { content } = await show(id);
    // They are no events, so they come back under another id.
    const [back] = await made(async () => {
      assert.equal((await dispatch.post(`/v1/dead-letters/${id}/requeue`)).status, 204);
    });
    assert.deepEqual([back.form, (await show(back.id)).content], [form, content]);
    assert.equal((await dispatch.delete(`/v1/dead-letters/${back.id}`)).status, 204);
  }
});

test("bytes that are a part of a larger buffer are kept and put back without the rest of it", async () => {
  await dispatch.putPart([9, 9, 0, 255, 16, 9], 2, 5);
  const [{ id, bytes }] = await until(({ form }) => form === "base64");
  assert.equal(bytes, 4);
  assert.equal((await show(id)).content, "AP8Q");
  assert.equal((await dispatch.post(`/v1/dead-letters/${id}/requeue`)).status, 204);
  const [back] = await until((letter) => letter.id !== id && letter.form === "base64");
  assert.equal((await show(back.id)).content, "AP8Q");
  assert.equal((await dispatch.delete(`/v1/dead-letters/${back.id}`)).status, 204);
});

test("a deep list is kept as JSON", async () => {
  await dispatch.putUnusual("a deep list");
  const [letter] = await until(({ bytes }) => bytes === 6001);
  const content = `${"[".repeat(3000)}7${"]".repeat(3000)}`;
  assert.deepEqual(await show(letter.id), { dead_letter: { ...letter, form: "json" }, content });
});

// As driver.js sends them.
const DESCRIBED = {
  "a number without bounds": '{"id":"12"}',
  "a map": '[["id","M 1"]]',
  "a set in a list": '[["S 1"]]',
  "not a number": '{"id":"NaN"}',
  "an expression": '{"id":"/a.b/"}',
  "a circle": '{"name":"circle","again":"seen before"}',
  "bytes in an object": '{"id":"AP8Q"}',
  "a list that is too deep": "[object Array]",
};

for (const [name, content] of Object.entries(DESCRIBED))
  test(`what JSON cannot express is described, and never put back as another message: ${name}`, async () => {
    await dispatch.putUnusual(name);
    const [letter] = await until(({ form }) => form === "other");
    assert.deepEqual(await show(letter.id), { dead_letter: letter, content });
    const { status, json } = await dispatch.post(`/v1/dead-letters/${letter.id}/requeue`);
    assert.deepEqual([status, json.code], [409, "dead_letter_not_requeueable"]);
    assert.equal((await dispatch.delete(`/v1/dead-letters/${letter.id}`)).status, 204);
  });

test("one is deleted", async () => {
  await dispatch.put(DEAD_LETTER_QUEUE, { to: "delete" });
  const [{ id }] = await until(({ bytes }) => bytes === 15);
  assert.equal((await dispatch.delete(`/v1/dead-letters/${id}`)).status, 204);
  const { status, json } = await dispatch.get(`/v1/dead-letters/${id}`);
  assert.deepEqual([status, json.code], [404, "dead_letter_not_found"]);
  assert.equal((await dispatch.get("/v1/dead-letters/%20")).json.code, "invalid_parameter");
});

test("they are listed in pages, the latest first", async () => {
  for (const n of [1, 2, 3]) await dispatch.put(DEAD_LETTER_QUEUE, { page: n });
  while ((await until(({ form, bytes }) => form === "json" && bytes === 10)).length < 3);
  const all = await list();
  const got = [];
  let cursor = "";
  do {
    const { dead_letters, next } = (await dispatch.get(`/v1/dead-letters?limit=2${cursor}`)).json;
    got.push(...dead_letters);
    cursor = next === null ? undefined : `&cursor=${next}`;
  } while (cursor !== undefined);
  assert.deepEqual(got, all);
});
