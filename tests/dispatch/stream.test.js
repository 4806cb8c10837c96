// Streams: the events of a source over a WebSocket, as they are taken; who may open one; and what ends it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { DISPATCH_TOKEN, event, startDispatch } from "../support/dispatch.js";
import { browserOf } from "../support/session.js";
import { openSocket } from "../support/socket.js";
import { exchange } from "../support/workerd.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const BEARER = { authorization: `Bearer ${DISPATCH_TOKEN}` };
const ENDED = 4001;
const BEHIND = 1013;

let dispatch;
let browser;
before(async () => {
  dispatch = await startDispatch({ around: OPEN, vars: { SHARDS: { divided: 2 } } });
  browser = browserOf(dispatch);
});
after(() => dispatch.stop());

const pathOf = (source, more = "") => `/v1/stream?source=${source}${more}`;
const open = (source, headers = BEARER, more) =>
  openSocket(new URL(pathOf(source, more), dispatch.url), headers);
const signedIn = async (token = DISPATCH_TOKEN) => ({
  cookie: await browser.cookie({ token }),
  origin: browser.origin,
});
const UPGRADE = {
  ...{ connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
/** Asks for a socket that is refused. workerd answers nothing more on a connection that was to be upgraded. */
const refused = async (path, headers) => {
  const request = { path, headers: { ...UPGRADE, ...headers } };
  const { status, json } = await exchange(dispatch.url, false, request);
  return [status, json?.code];
};

let sources = 0;
/** Returns the name of a source that has one event, which makes it known. */
async function newSource() {
  const source = `streamed-${++sources}`;
  await dispatch.take(event({ source }));
  return source;
}

describe("a stream", () => {
  test("sends each event as the list has it, with its cursor, to every socket", async () => {
    const source = await newSource();
    const sockets = [await open(source), await open(source, await signedIn())];
    const sent = [event({ source }), event({ source, data: { notes: "\u202e é ☃" } })];
    await dispatch.take(...sent);
    const { events } = (await dispatch.get(`/v1/events?source=${source}&sort=oldest`)).json;
    for (const socket of sockets) {
      await socket.event(sent[1].id);
      const listed = socket.messages.entries.map(({ cursor, ...entry }) => entry);
      assert.deepEqual(listed, events.slice(1));
      for (const [at, text] of socket.texts.entries())
        assert.ok(text.endsWith(`"event":${JSON.stringify(sent[at])}}`), text);
      socket.close();
    }
  });

  test("goes on after a cursor: its own, or the head of a list", async () => {
    const source = await newSource();
    const first = await open(source);
    const sent = Array.from({ length: 3 }, () => event({ source }));
    await dispatch.take(...sent);
    await first.event(sent[2].id);
    first.close();
    const [{ cursor }] = first.messages.entries;
    const { head } = (await dispatch.get(`/v1/events?source=${source}`)).json;
    const again = await open(source, BEARER, `&after=${cursor}`);
    const fromHead = await open(source, BEARER, `&after=${head}`);
    const last = event({ source });
    await dispatch.take(last);
    await again.event(last.id);
    await fromHead.event(last.id);
    const ids = sent.map(({ id }) => id);
    assert.deepEqual(again.ids(), [ids[1], ids[2], last.id]);
    assert.deepEqual(fromHead.ids(), [last.id]);
    const { events } = (
      await dispatch.get(`/v1/events?source=${source}&sort=oldest&cursor=${cursor}`)
    ).json;
    assert.deepEqual(
      events.map((entry) => entry.event.id),
      again.ids(),
    );
    for (const socket of [again, fromHead]) socket.close();
  });

  test("begins with the first event after a cursor that is older than the source", async () => {
    const { head } = (await dispatch.get("/v1/events?source=none")).json;
    const source = await newSource();
    const socket = await open(source, BEARER, `&after=${head}`);
    const { events } = (await dispatch.get(`/v1/events?source=${source}`)).json;
    await socket.event(events[0].event.id);
    socket.close();
  });

  test("sends an event once, though it is taken again, and none of another source", async () => {
    const [source, other] = [await newSource(), await newSource()];
    const socket = await open(source);
    const [one, last] = [event({ source }), event({ source })];
    await dispatch.take(one);
    await dispatch.journal(source, "take", [JSON.stringify(one)]);
    await dispatch.take(event({ source: other }), last);
    await socket.event(last.id);
    assert.deepEqual(socket.ids(), [one.id, last.id]);
    socket.close();
  });

  test("answers a ping, and closes a socket that says more", async () => {
    const socket = await open(await newSource());
    socket.say("ping");
    await socket.messages.until((message) => message === "pong");
    socket.say("hello");
    assert.equal(await socket.closed(), 1008);
  });

  test("closes a socket that is sent much without a ping, and goes on after its last cursor", async () => {
    const source = await newSource();
    const socket = await open(source);
    const sent = Array.from({ length: 30 }, () =>
      event({ source, data: { payload: "x".repeat(100_000) } }),
    );
    for (const one of sent.slice(0, 15)) await dispatch.take(one);
    await socket.event(sent[14].id);
    socket.say("ping");
    await socket.messages.until((message) => message === "pong");
    for (const one of sent.slice(15)) await dispatch.take(one);
    await socket.event(sent[29].id);
    socket.close();
    let [{ cursor }] = socket.messages.entries;
    const got = [sent[0].id];
    const ends = [];
    while (got.length < sent.length) {
      const silent = await open(source, BEARER, `&after=${cursor}`);
      const { code } = await silent.event(sent[29].id);
      if (code !== undefined) ends.push(code);
      got.push(...silent.ids());
      ({ cursor } = JSON.parse(silent.texts.at(-1)));
      silent.close();
    }
    assert.deepEqual(ends, [BEHIND]);
    assert.deepEqual(
      got,
      sent.map(({ id }) => id),
    );
  });
});

describe("who may open one", () => {
  test("a token that may only read, by itself and by its session", async () => {
    const source = await newSource();
    const { secret } = (await dispatch.post("/v1/tokens", { name: "viewer", access: "read" })).json;
    const sockets = [
      await open(source, { authorization: `Bearer ${secret}` }),
      await open(source, await signedIn(secret)),
    ];
    const sent = event({ source });
    await dispatch.take(sent);
    for (const socket of sockets) {
      await socket.event(sent.id);
      socket.close();
    }
  });

  test("a page of dispatch's own alone, and a program without a page", async () => {
    const source = await newSource();
    const { cookie } = await signedIn();
    const own = browser.origin;
    for (const origin of ["https://example.com", "null", own.replace("http", "ws"), `${own}0`]) {
      for (const proof of [{ cookie }, BEARER])
        assert.deepEqual(
          await refused(pathOf(source), { ...proof, origin }),
          [403, "origin_refused"],
          origin,
        );
    }
    assert.deepEqual(await refused(pathOf(source), { cookie }), [403, "origin_refused"]);
    (await open(source, { ...BEARER, origin: own })).close();
  });

  test("nobody without a token or a session", async () => {
    const source = await newSource();
    const { origin } = browser;
    assert.deepEqual(await refused(pathOf(source), { origin }), [401, "token_missing"]);
    const cookie = `orderhook=${"A".repeat(43)}.${"A".repeat(43)}`;
    const forged = await refused(pathOf(source), { origin, cookie });
    assert.deepEqual(forged, [401, "session_invalid"]);
    const query = await refused(pathOf(source, `&token=${DISPATCH_TOKEN}`), { origin });
    assert.deepEqual(query, [401, "token_missing"]);
  });

  test("not without a source that has one journal, a cursor that is right, or a WebSocket", async () => {
    await dispatch.take(
      ...["a", "b", "c", "d", "e", "f"].map((id) =>
        event({ source: "divided", data: { order: { id } } }),
      ),
    );
    const source = await newSource();
    const answers = [
      ["/v1/stream", [400, "invalid_parameter"]],
      [pathOf("A"), [400, "invalid_parameter"]],
      [pathOf(source, "&since=2026-11-01T00:00:00Z"), [400, "invalid_parameter"]],
      [pathOf(source, "&after=x"), [400, "invalid_cursor"]],
      [pathOf("unseen"), [404, "source_not_found"]],
      [pathOf("divided"), [409, "source_divided"]],
    ];
    for (const [path, expected] of answers)
      assert.deepEqual(await refused(path, BEARER), expected, path);
    const plain = await dispatch.get(pathOf(source));
    assert.deepEqual([plain.status, plain.json.code], [426, "upgrade_required"]);
  });

  test("no more than 32 at a time", async () => {
    const source = await newSource();
    const sockets = [];
    for (let opened = 0; opened < 32; opened += 1) sockets.push(await open(source));
    assert.deepEqual(await refused(pathOf(source), BEARER), [429, "too_many_streams"]);
    const sent = event({ source });
    await dispatch.take(sent);
    for (const socket of sockets) {
      await socket.event(sent.id);
      socket.close();
    }
    await Promise.all(sockets.map((socket) => socket.closed()));
    (await open(source)).close();
  });
});

describe("a stream ends", () => {
  test("when its session does: the journal's alarm is set for that time", async () => {
    const source = await newSource();
    await dispatch.registry("sql", "UPDATE sessions SET until = ?", Date.now());
    const proof = await signedIn();
    const until = Date.now() + 300_000;
    await dispatch.registry("sql", "UPDATE sessions SET until = ? WHERE until > ?", until, until);
    const unwatched = await dispatch.journal(source, "tend");
    assert.ok(unwatched > 300_000, String(unwatched));
    const socket = await open(source, proof);
    const other = await open(source);
    const watched = await dispatch.journal(source, "tend");
    assert.ok(watched > 0 && watched <= 300_000, String(watched));
    await dispatch.journal(source, "endSockets");
    const late = await open(source);
    await dispatch.journal(source, "tend");
    assert.equal(await socket.closed(), ENDED);
    assert.equal(await other.closed(), ENDED);
    const sent = event({ source });
    await dispatch.take(sent);
    await late.event(sent.id);
    late.close();
  });

  test("with a sign-out, before the next event", async () => {
    const source = await newSource();
    const proof = await signedIn();
    const socket = await open(source, proof);
    const bearer = await open(source);
    const request = { method: "DELETE", path: "/v1/session" };
    assert.equal((await browser.send(proof.cookie, request)).status, 204);
    await dispatch.take(event({ source }));
    assert.equal(await socket.closed(), ENDED);
    assert.deepEqual(socket.ids(), []);
    bearer.close();
  });

  test("with its token, before the next event", async () => {
    const source = await newSource();
    const { secret } = (await dispatch.post("/v1/tokens", { name: "gone", access: "full" })).json;
    const sockets = [
      await open(source, { authorization: `Bearer ${secret}` }),
      await open(source, await signedIn(secret)),
    ];
    const kept = await open(source, await signedIn());
    assert.equal((await dispatch.delete("/v1/tokens/gone")).status, 204);
    const sent = event({ source });
    await dispatch.take(sent);
    for (const socket of sockets) {
      assert.equal(await socket.closed(), ENDED);
      assert.deepEqual(socket.ids(), []);
    }
    await kept.event(sent.id);
    kept.close();
  });
});

test("an event that was not kept is not sent", async () => {
  const panicking = await startDispatch({ build: "build-dispatch-panic" });
  try {
    const source = "panicking";
    await panicking.take(event({ source }));
    const socket = await openSocket(new URL(pathOf(source), panicking.url), BEARER);
    const [first, bad] = [event({ source }), event({ source, id: "panic after the event" })];
    const texts = [first, bad].map((one) => JSON.stringify(one));
    await assert.rejects(panicking.journal(source, "take", texts));
    await panicking.take(first);
    await socket.event(first.id);
    assert.deepEqual(socket.ids(), [first.id]);
    socket.close();
  } finally {
    await panicking.stop();
  }
});
