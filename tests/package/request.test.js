// `receiveRequest`: how much of a body it reads, and its answer to one that cannot be read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { receiveRequest } from "../../pkg/node.js";
import { wakilni } from "../support/sign.js";

const LIMIT = 4 * 1024 * 1024;
const account = { provider: "wakilni", secrets: "s3cret" };
const order = '{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}';

const request = (body, headers = {}) =>
  new Request("https://shop.example/", { method: "POST", headers, body, duplex: "half" });

/** Makes a body of pieces, one for each pull. Returns its stream, the number of pulls, and why it was cancelled, in an array. */
function pulled(pieces) {
  const state = { pulls: 0, cancelled: [] };
  const next = pieces[Symbol.iterator]();
  state.stream = new ReadableStream(
    {
      pull(controller) {
        const { done, value } = next.next();
        if (done) return controller.close();
        state.pulls += 1;
        controller.enqueue(value);
      },
      cancel: (reason) => void state.cancelled.push(reason),
    },
    { highWaterMark: 0 },
  );
  return state;
}

function* endless(size) {
  for (;;) yield new Uint8Array(size);
}

const isTooLarge = { name: "WebhookError", code: "body_too_large" };

test("an endless body is read to the piece that is too much, and cancelled", async () => {
  for (const size of [1024, 65_536, 1_000_000, LIMIT, LIMIT + 1]) {
    const body = pulled(endless(size));
    await assert.rejects(receiveRequest(request(body.stream), account), isTooLarge);
    assert.deepEqual(
      [body.pulls, body.cancelled.length],
      [Math.floor(LIMIT / size) + 1, 1],
      `${size}`,
    );
  }
});

test("a body whose stream never reports that it has stopped is refused all the same", async () => {
  const pull = (controller) => controller.enqueue(new Uint8Array(65_536));
  const stream = new ReadableStream({ pull, cancel: () => new Promise(() => {}) });
  await assert.rejects(receiveRequest(request(stream), account), isTooLarge);
  const failing = new ReadableStream({
    pull,
    cancel: () => Promise.reject(new Error("it cannot be stopped")),
  });
  await assert.rejects(receiveRequest(request(failing), account), isTooLarge);
  await setImmediate();
});

test("a body that says it is too long is not read", async () => {
  for (const length of [LIMIT + 1, "99999999999999999999"]) {
    const body = pulled(endless(1024));
    await assert.rejects(
      receiveRequest(request(body.stream, { "content-length": String(length) }), account),
      isTooLarge,
    );
    assert.equal(body.pulls, 0);
  }
});

test("a false or missing length does not help", async () => {
  for (const length of ["0", "1", String(LIMIT), "-1", "many", ""]) {
    const body = pulled(endless(65_536));
    await assert.rejects(
      receiveRequest(request(body.stream, { "content-length": length }), account),
      isTooLarge,
    );
    assert.equal(body.pulls, 65, length);
  }
});

test("a body of the limit is read whole, in pieces of any size", async () => {
  const whole = Buffer.from(order.padEnd(LIMIT));
  for (const size of [1, 1000, 65_536, LIMIT]) {
    const text = size === 1 ? order : whole.toString();
    const bytes = Buffer.from(text);
    const pieces = (function* () {
      for (let at = 0; at < bytes.length; at += size)
        yield new Uint8Array(bytes.subarray(at, at + size));
    })();
    const event = await receiveRequest(
      request(pulled(pieces).stream, wakilni("s3cret", bytes)),
      account,
    );
    assert.ok(event.data.payload === text, `${size}`);
  }
});

test("many small pieces take no more memory than their bytes", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  let most = 0;
  const pieces = (function* () {
    for (let at = 1; at <= LIMIT / 16; at += 1) {
      yield new Uint8Array(16);
      if (at % 65_536 === 0) most = Math.max(most, used() - before);
    }
  })();
  await assert.rejects(receiveRequest(request(pulled(pieces).stream), account), {
    code: "missing_signature",
  });
  // 262,144 arrays that are kept take over 100 bytes each.
  assert.ok(most < 8 * 1024 * 1024, `${most}`);
});

test("a piece is taken as it was when it came", async () => {
  const buffer = Buffer.alloc(20);
  const pieces = (function* () {
    for (let at = 0; at < order.length; at += buffer.length) {
      yield buffer.subarray(0, buffer.write(order.slice(at, at + buffer.length)));
    }
  })();
  const given = request(pulled(pieces).stream, wakilni("s3cret", order));
  assert.equal((await receiveRequest(given, account)).id, "e-1");
});

test("a request without a body has an empty one", async () => {
  const headers = wakilni("s3cret", "");
  const none = new Request("https://shop.example/", { method: "POST", headers });
  assert.equal(none.body, null);
  const event = await receiveRequest(none, account);
  assert.deepEqual([event.type, event.data.payload], ["orderhook.delivery.unrecognized.v1", ""]);
  assert.equal((await receiveRequest(request("", headers), account)).data.payload, "");
});

test("the error of a body that ends in one reaches the caller", async () => {
  for (const error of [new Error("the connection was reset"), "a text", undefined]) {
    let pulls = 0;
    const pull = (controller) => {
      pulls += 1;
      if (pulls < 3) controller.enqueue(Buffer.from(order));
      else controller.error(error);
    };
    const given = request(new ReadableStream({ pull }));
    const failed = await receiveRequest(given, account).then(assert.fail, (thrown) => [thrown]);
    assert.deepEqual(failed, [error]);
    assert.ok(failed[0] === error);
  }
});

test("a body of anything but bytes is refused", async () => {
  for (const piece of ["a text", 1, {}, null, [1]]) {
    const body = pulled([Buffer.from(order), piece]);
    await assert.rejects(receiveRequest(request(body.stream), account), {
      name: "WebhookError",
      code: "invalid_body",
    });
    assert.equal(body.cancelled.length, 1);
  }
});

test("a request whose body has no stream is read as a whole", async () => {
  for (const body of [undefined, { pipe() {} }]) {
    const given = {
      url: "https://shop.example/",
      headers: new Headers(wakilni("s3cret", order)),
      body,
      bodyUsed: false,
    };
    given.arrayBuffer = async () => new Uint8Array(Buffer.from(order)).buffer;
    assert.equal((await receiveRequest(given, account)).id, "e-1");
    given.arrayBuffer = async () => new ArrayBuffer(LIMIT + 1);
    await assert.rejects(receiveRequest(given, account), isTooLarge);
    given.arrayBuffer = async () => Promise.reject(new RangeError("the caller's"));
    await assert.rejects(receiveRequest(given, account), RangeError);
    given.arrayBuffer = () => assert.fail("it is read");
    given.headers.set("content-length", String(LIMIT + 1));
    await assert.rejects(receiveRequest(given, account), isTooLarge);
  }
});

test("a request that is being read is refused, and its reader left alone", async () => {
  const body = pulled(endless(10));
  const given = request(body.stream);
  const reader = given.body.getReader();
  await assert.rejects(receiveRequest(given, account), {
    name: "WebhookError",
    code: "invalid_body",
  });
  assert.equal((await reader.read()).value.length, 10);
  assert.deepEqual(body.cancelled, []);
});

test("settings that cannot be used are refused before anything is read", async () => {
  const body = pulled(endless(10));
  const unset = { ...account, secrets: undefined };
  await assert.rejects(receiveRequest(request(body.stream), unset), {
    code: "source_not_configured",
  });
  assert.equal(body.pulls, 0);
});
