// A body over the cap is never accepted, whatever its headers say. A client library cannot send false lengths: these requests are
// written to the socket.
import assert from "node:assert/strict";
import net from "node:net";
import { after, afterEach, before, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import { PATIENCE_MS } from "../support/journal.js";
import * as sign from "../support/sign.js";
import { COMPATIBILITY_DATE, start } from "../support/workerd.js";

const MOST = 4096;
const DEFAULT_MOST = 1 << 20;

// The request to the Worker has the length that this Worker is told to announce, not the body's.
const LIAR = `export default {
  fetch(request, { ORDERHOOK }) {
    const headers = new Headers(request.headers);
    headers.set("content-length", headers.get("x-announced"));
    return ORDERHOOK.fetch(new Request(request, { headers }));
  },
};`;

let worker;
before(async () => {
  const liar = {
    config: {
      name: "liar",
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: { mainModule: "liar.js", modules: { "liar.js": { type: "esm", contents: LIAR } } },
      env: { ORDERHOOK: { type: "worker", worker: "orderhook" } },
    },
  };
  worker = await start({ vars: { SOURCES, MAX_BODY_BYTES: MOST }, workers: [liar] });
});
// Removes the messages that a failed test has left in the queue.
afterEach(() => worker.events());
after(() => worker.stop());

let count = 0;
const order = (bytes) => {
  const empty = `{"event_id":"body-${++count}","event":"Order Created","data":{"order_id":1},"padding":""}`;
  return empty.replace('""', `"${"p".repeat(bytes - empty.length)}"`);
};
const signed = (body) => sign.wakilni(SECRETS.WAKILNI_SECRET, body);

/** Writes a request as it stands, and reads until the answer is whole or the connection ends. */
function raw(headers, pieces, { end = false } = {}) {
  const head = { host: worker.url.host, connection: "close", ...headers };
  const lines = [
    `POST ${hook("wakilni")} HTTP/1.1`,
    ...Object.entries(head).map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ];
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = net.connect(worker.url.port, worker.url.hostname);
    socket.setEncoding("utf8");
    socket.on("data", (piece) => {
      text += piece;
      const answer = parse(text);
      if (!answer) return;
      socket.destroy();
      resolve(answer);
    });
    socket.on("close", () => resolve(parse(text)));
    // The Worker may have closed the connection before all is written.
    socket.on("error", (error) =>
      ["EPIPE", "ECONNRESET"].includes(error.code) ? undefined : reject(error),
    );
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy();
      reject(new Error("the request was not answered"));
    });
    socket.write(lines.join("\r\n"));
    for (const piece of pieces) socket.write(piece);
    if (end) socket.end();
  });
}

/** Returns the status and code of a complete answer; undefined until it is complete. */
function parse(text) {
  const [head, body] = text.split("\r\n\r\n");
  const length = Number(/^content-length: (\d+)/im.exec(head ?? "")?.[1]);
  if (body === undefined || Buffer.byteLength(body) < length) return undefined;
  const status = Number(head.split(" ")[1]);
  const { code, status: word } = JSON.parse(body.match(/\{.*\}/s)?.[0] ?? "{}");
  return [status, code ?? word];
}

const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;
const LAST_CHUNK = "0\r\n\r\n";

async function assertOrders(expected) {
  assert.deepEqual(
    (await worker.events()).map(({ data }) => data.payload),
    expected,
  );
}

for (const [name, bytes, status, code] of [
  ["at the cap", MOST, 202, "accepted"],
  ["one byte over", MOST + 1, 413, "body_too_large"],
]) {
  test(`a body ${name}`, async () => {
    const body = order(bytes);
    const { status: got, json, headers } = await worker.post(hook("wakilni"), body, signed(body));
    assert.deepEqual([got, json.code ?? json.status], [status, code]);
    assert.equal(
      headers["content-type"],
      status === 413 ? "application/problem+json" : "application/json",
    );
    await assertOrders(status === 202 ? [body] : []);
  });

  test(`a body ${name}, in chunks without a length`, async () => {
    const body = order(bytes);
    const chunks = [...body.match(/.{1,1000}/gs).map(chunk), LAST_CHUNK];
    assert.deepEqual(await raw({ ...signed(body), "transfer-encoding": "chunked" }, chunks), [
      status,
      code,
    ]);
    await assertOrders(status === 202 ? [body] : []);
  });

  test(`a body ${name}, in one chunk`, async () => {
    const body = order(bytes);
    assert.deepEqual(
      await raw({ ...signed(body), "transfer-encoding": "chunked" }, [chunk(body), LAST_CHUNK]),
      [status, code],
    );
    await assertOrders(status === 202 ? [body] : []);
  });
}

test("a length over the cap is refused before any of the body is sent", async () => {
  assert.deepEqual(await raw({ ...signed(""), "content-length": "1000000000" }, []), [
    413,
    "body_too_large",
  ]);
  assert.deepEqual(await raw({ ...signed(""), "content-length": "99999999999999999" }, []), [
    413,
    "body_too_large",
  ]);
});

/** By code: headers that are refused whatever the body is. */
const REFUSED = {
  missing_signature: {},
  malformed_signature: { "x-webhook-signature": "not base64" },
};

for (const [code, headers] of Object.entries(REFUSED)) {
  for (const [says, length] of [
    ["never comes", "1000"],
    ["is too large", "1000000000"],
  ]) {
    test(`${code} is refused before the body is read, though it ${says}`, async () => {
      worker.output.take();
      assert.deepEqual(await raw({ ...headers, "content-length": length }, []), [401, code]);
      const line = await worker.logged(({ at }) => at === "delivery");
      assert.deepEqual([line.code, line.outcome, line.bytes], [code, "refused", null]);
      await assertOrders([]);
    });
  }
}

test("a well-formed signature is not refused before the body is read", async () => {
  const body = order(1000);
  const answer = await raw({ ...signed("another body"), "content-length": "1000" }, [body]);
  assert.deepEqual(answer, [401, "signature_mismatch"]);
  const line = await worker.logged(({ code }) => code === "signature_mismatch");
  assert.equal(line.bytes, 1000);
});

test("a body without end is refused once it is over the cap", async () => {
  const body = order(MOST + 1);
  assert.deepEqual(await raw({ ...signed(body), "transfer-encoding": "chunked" }, [chunk(body)]), [
    413,
    "body_too_large",
  ]);
  await assertOrders([]);
});

test("a length below the body's: the bytes after it are not part of the body", async () => {
  const body = order(MOST);
  const answer = await raw({ ...signed(body), "content-length": "100" }, [body]);
  assert.deepEqual(answer, [401, "signature_mismatch"]);
  await assertOrders([]);
});

test("a length above the body's: a body that is cut off is not accepted", async () => {
  const body = order(1000);
  const answer = await raw({ ...signed(body), "content-length": "2000" }, [body], { end: true });
  assert.ok(answer === undefined || answer[0] === 400, `${answer}`);
  await assertOrders([]);
});

test("a body in chunks of one byte is accepted whole", async () => {
  const body = order(MOST);
  const chunks = [...body].map(chunk).join("");
  assert.deepEqual(
    await raw({ ...signed(body), "transfer-encoding": "chunked" }, [chunks, LAST_CHUNK]),
    [202, "accepted"],
  );
  await assertOrders([body]);
});

test("chunks that are cut off are not accepted", async () => {
  const body = order(1000);
  const answer = await raw({ ...signed(body), "transfer-encoding": "chunked" }, [chunk(body)], {
    end: true,
  });
  assert.ok(answer === undefined || answer[0] === 400, `${answer}`);
  await assertOrders([]);
});

test("chunks with a length beside them are held to the cap", async () => {
  const body = order(MOST + 1);
  const headers = { ...signed(body), "content-length": "10", "transfer-encoding": "chunked" };
  const [status] = await raw(headers, [chunk(body), LAST_CHUNK]);
  assert.ok(status === 413 || status === 400, `${status}`);
  await assertOrders([]);
});

test("a false length from another Worker does not get around the cap", async () => {
  const liar = await worker.worker("liar");
  const lie = async (body, announced) => {
    const headers = { ...signed(body), "x-announced": announced };
    const response = await liar.fetch(`http://orderhook${hook("wakilni")}`, {
      method: "POST",
      body,
      headers,
    });
    return response.status;
  };
  assert.equal(await lie(order(MOST + 1), "10"), 413);
  await assertOrders([]);
  // The runtime does not check another Worker's length, so the Worker must count the bytes.
  for (const announced of ["10", "x", "-1", "", "1e3"]) {
    const body = order(MOST);
    assert.equal(await lie(body, announced), 202, announced);
    await assertOrders([body]);
  }
});

test("the next request on the same connection is answered", async () => {
  const [big, good] = [order(MOST + 1), order(MOST)];
  assert.equal((await worker.post(hook("wakilni"), big, signed(big))).status, 413);
  assert.equal((await worker.post(hook("wakilni"), good, signed(good))).status, 202);
  await assertOrders([good]);
});

test("the cap is 1 MiB where nothing else is set", async () => {
  const plain = await start();
  try {
    for (const [bytes, status] of [
      [DEFAULT_MOST, 202],
      [DEFAULT_MOST + 1, 413],
    ]) {
      const body = order(bytes);
      assert.equal((await plain.post(hook("wakilni"), body, signed(body))).status, status);
    }
    assert.equal((await plain.events()).length, 1);
  } finally {
    await plain.stop();
  }
});
