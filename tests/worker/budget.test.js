// The budget of bodies in flight, by a clock of the test's own: a request that the runtime ended without closing it holds its
// bytes for ten minutes and no longer.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { builtFile } from "../support/settings.js";

// The host listens for errors of the runtime as soon as it is loaded. Node has no such listener.
globalThis.addEventListener = () => {};
const { close, open, read: readBody } = await import(builtFile("build", "host.js"));

const MIB = 1024 * 1024;
const MINUTE = 60_000;

beforeEach(() => mock.timers.enable({ apis: ["Date"] }));
afterEach(() => mock.timers.reset());

/** Reads a body of as many MiB in a request of its own. Returns the request, and whether the body was read. */
async function take(mebibytes) {
  const host = open({}, { waitUntil() {} });
  const read = new Promise((resolve) => (host.go = (_turn, _failed, value) => resolve(value)));
  const body = new ReadableStream({
    type: "bytes",
    start(stream) {
      stream.enqueue(new Uint8Array(mebibytes * MIB));
      stream.close();
    },
  });
  const headers = new Headers({ "content-length": String(mebibytes * MIB) });
  readBody(host, { headers, body: readingAtLeast(body) }, 64 * MIB);
  return { host, isRead: (await read)?.length === mebibytes * MIB };
}

/** Adds to a stream the methods that workerd's readers have, and Node's do not. */
const readingAtLeast = (body) => ({
  getReader(options) {
    const reader = body.getReader(options);
    return {
      readAtLeast: (least, view) => reader.read(view, { min: least }),
      cancel: () => reader.cancel(),
    };
  },
});

test("large bodies share 20 MiB, and a closed request frees its share", async () => {
  const first = await take(15);
  const second = await take(6);
  assert.deepEqual([first.isRead, second.isRead], [true, false]);
  for (const { host } of [first, second]) close(host);
  const third = await take(20);
  assert.equal(third.isRead, true);
  close(third.host);
});

test("a request that is never closed is forgotten after ten minutes", async () => {
  const { isRead } = await take(15);
  assert.equal(isRead, true);
  mock.timers.tick(10 * MINUTE);
  const early = await take(15);
  assert.equal(early.isRead, false);
  close(early.host);
  mock.timers.tick(1);
  const late = await take(15);
  assert.equal(late.isRead, true);
  close(late.host);
});
