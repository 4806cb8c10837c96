// Senders that never end, and senders that hardly begin: neither fills the Worker's memory, and neither holds up another.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { LAST_CHUNK, chunk, connect, head, inWords, lines } from "../support/wire.js";
import { start } from "../support/workerd.js";

const MOST = 4096;
const MIB = 1 << 20;

let worker;
before(async () => {
  worker = await start({ vars: { SOURCES, MAX_BODY_BYTES: MOST } });
});
afterEach(() => worker.events());
after(() => worker.stop());

let count = 0;
const order = () =>
  JSON.stringify({ event_id: `flood-${++count}`, event: "Order Created", data: { order_id: 1 } });
const headers = (body, framing) => [
  "host: hooks.example",
  ...lines(sign.wakilni(SECRETS.WAKILNI_SECRET, body)),
  framing,
];
const PATH = hook("wakilni");
const START = `POST ${PATH} HTTP/1.1`;
const CHUNKED = "transfer-encoding: chunked";

/** Sends a valid delivery, on another connection. */
async function deliver() {
  const body = order();
  const { status } = await worker.post(PATH, body, sign.wakilni(SECRETS.WAKILNI_SECRET, body));
  assert.equal(status, 202);
  return body;
}

/** Writes these bytes, and waits until the system has them. */
const write = (socket, bytes) =>
  new Promise((resolve, reject) =>
    socket.write(bytes, (error) => (error ? reject(error) : resolve())),
  );

const payloads = async () => (await worker.events()).map(({ data }) => data.payload);

/** Sends `piece` again and again, until the Worker closes the connection. Gives the answers, and how much was sent by then. */
async function flood(beginning, piece, most = 1024 * MIB) {
  const { socket, closed } = connect(worker);
  let sent = 0;
  const send = () => {
    while (!socket.destroyed && sent < most) {
      sent += piece.length;
      // The rest is written when the system has sent the first bytes on.
      if (!socket.write(piece)) return socket.once("drain", send);
    }
    socket.end();
  };
  socket.write(beginning);
  send();
  const { answers } = await closed;
  return { words: answers.map(inWords), sent };
}

/** Returns the memory of the Worker's process, if the system has a file that tells it. */
function memory() {
  if (!existsSync("/proc/self/stat")) return 0;
  const text = (pid, file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, "latin1");
    } catch {
      // The process has ended.
      return "";
    }
  };
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const children = pids.filter(
    (pid) => text(pid, "stat").split(") ").at(-1).split(" ")[1] === `${process.pid}`,
  );
  return Math.max(
    ...children.map(
      (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(text(pid, "status"))?.[1] ?? 0) * 1024,
    ),
  );
}

const x = "x".repeat(65_536);
// The answer may be lost: a connection that is closed while more arrives is reset.
const ENDLESS = [
  ["chunks", head(START, headers("", CHUNKED)), chunk(x), ["413 body_too_large"]],
  [
    "chunks of one byte",
    head(START, headers("", CHUNKED)),
    chunk("x").repeat(10_000),
    ["413 body_too_large"],
  ],
  [
    "one chunk",
    `${head(START, headers("", CHUNKED))}7fffffffffffffff\r\n`,
    x,
    ["413 body_too_large"],
  ],
  [
    "a body of the length it said",
    head(START, headers("", "content-length: 99999999999999")),
    x,
    ["413 body_too_large"],
  ],
  ["a chunk's extension", `${head(START, headers("", CHUNKED))}5;a=`, x, ["400 body_unreadable"]],
  [
    "trailers",
    `${head(START, headers("", CHUNKED))}0\r\n`,
    "x-a: b\r\n".repeat(8192),
    ["400 body_unreadable"],
  ],
  [
    "chunks to no source",
    head("POST /hooks/nobody HTTP/1.1", "host: h", CHUNKED),
    chunk(x),
    ["404 not_found"],
  ],
  [
    "chunks behind a GET",
    head(`GET ${PATH} HTTP/1.1`, "host: h", CHUNKED),
    chunk(x),
    ["200 ready"],
  ],
  ["a header", `${START}\r\nx-a: `, x, ["431"]],
  ["headers", `${START}\r\n`, "x-a: b\r\n".repeat(8192), ["431"]],
  ["an address", "POST /", x, ["414", "431"]],
  ["a method", "", x, ["501", "431", "400"]],
];

describe("senders that never end", () => {
  for (const [name, beginning, piece, expected] of ENDLESS) {
    test(`${name}: the connection is closed while more comes`, async () => {
      const { words, sent } = await flood(beginning, Buffer.from(piece));
      assert.ok(words.length <= 1 && words.every((word) => expected.includes(word)), `${words}`);
      // The bytes that were sent are those that the system's buffers hold.
      assert.ok(sent < 64 * MIB, `${sent} bytes were taken`);
      assert.deepEqual(await payloads(), []);
      const body = await deliver();
      assert.deepEqual(await payloads(), [body]);
    });
  }

  // The runtime reads such a size for as long as it comes; it keeps nothing of it.
  test("a chunk's size of nothing but zeros: others are served while it comes", async () => {
    const { socket, closed } = connect(worker);
    const zeros = Buffer.alloc(MIB / 4, "0");
    await write(socket, head(START, headers("", CHUNKED)));
    const bodies = [];
    for (let time = 0; time < 8; time++) {
      await write(socket, zeros);
      bodies.push(await deliver());
    }
    socket.end();
    assert.deepEqual((await closed).answers.map(inWords), ["400 body_unreadable"]);
    assert.deepEqual(await payloads(), bodies);
  });

  test("a thousand of them, eight at a time: memory stays", async () => {
    const piece = Buffer.from(chunk(x));
    const some = async (times) => {
      for (let time = 0; time < times; time++)
        await flood(head(START, headers("", CHUNKED)), piece, 8 * MIB);
    };
    // The memory after it has begun to work.
    await Promise.all(Array.from({ length: 8 }, () => some(5)));
    const before = memory();
    await Promise.all(Array.from({ length: 8 }, () => some(125)));
    const more = memory() - before;
    assert.ok(more < 128 * MIB, `${more} bytes more`);
    const body = await deliver();
    assert.deepEqual(await payloads(), [body]);
  });
});

const SENDERS = 100;
/** Fewer of those that send their head slowly: the runtime waits 15 seconds for a whole head. */
const SENDERS_OF_HEADS = 30;

describe("senders of a byte at a time", () => {
  for (const [name, senders, framed] of [
    [
      "bodies",
      SENDERS,
      (body) => [head(START, headers(body, `content-length: ${body.length}`)), body],
    ],
    [
      "chunks",
      SENDERS,
      (body) => [head(START, headers(body, CHUNKED)), [...body].map(chunk).join("") + LAST_CHUNK],
    ],
    [
      "heads",
      SENDERS_OF_HEADS,
      (body) => ["", head(START, headers(body, `content-length: ${body.length}`)) + body],
    ],
  ]) {
    test(`${senders} ${name}: others are served between two bytes, and each is accepted when it is whole`, async () => {
      const slow = Array.from({ length: senders }, () => {
        const body = order();
        const [beginning, rest] = framed(body);
        return { ...connect(worker), body, beginning, rest };
      });
      await Promise.all(slow.map(({ socket, beginning }) => write(socket, beginning)));
      const quick = [];
      const longest = Math.max(...slow.map(({ rest }) => rest.length));
      for (let at = 0; at < longest; at++) {
        await Promise.all(slow.map(({ socket, rest }) => write(socket, rest.slice(at, at + 1))));
        // Before any of the slow ones is whole: a body takes longer, however it is sent.
        if (at % 8 === 0 && at < longest - 32) quick.push(await deliver());
      }
      for (const { socket } of slow) socket.end();
      for (const { closed } of slow)
        assert.deepEqual((await closed).answers.map(inWords), ["202 accepted"]);
      const bodies = [...quick, ...slow.map(({ body }) => body)];
      assert.deepEqual((await payloads()).sort(), bodies.sort());
    });
  }
});

test(`${SENDERS} senders that stop in the middle, and stay: others are served, and nothing of theirs is accepted`, async () => {
  const idle = Array.from({ length: SENDERS }, (_, n) => {
    const body = order();
    const all = head(START, headers(body, `content-length: ${body.length}`)) + body;
    // Some in the head, some in the body, some just before its end.
    const much = [10, all.length - body.length + 5, all.length - 1][n % 3];
    return { ...connect(worker), much, all };
  });
  await Promise.all(idle.map(({ socket, all, much }) => write(socket, all.slice(0, much))));
  const bodies = [];
  for (let time = 0; time < 20; time++) bodies.push(await deliver());
  assert.deepEqual(await payloads(), bodies);
  for (const { socket } of idle) socket.resetAndDestroy();
  for (const { closed } of idle) assert.deepEqual((await closed).answers, []);
  const body = await deliver();
  assert.deepEqual(await payloads(), [body]);
});
