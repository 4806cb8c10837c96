// Header values as bytes, sent over a socket: every runtime gives the same answer, however it decodes them.
import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { makeProject } from "../consumers/project.js";
import { bundle } from "../consumers/workerd.js";
import { times } from "../support/long.js";
import { sha256 } from "../support/sign.js";
import { connect } from "../support/wire.js";
import { COMPATIBILITY_DATE } from "../support/workerd.js";
import { serve } from "./docs/program.js";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const bin = (name) => file(`../consumers/node_modules/.bin/${name}`);
const KEY = Buffer.from("secret-secret-secret");
const BODY = '{"type":"order.shipped","data":{"order_id":"o-1","status":"shipped"}}';
const UP42_BODY =
  '{"event":"order.status","liveMode":true,"messageId":"m-1","timestamp":"2024-11-14T12:39:13Z",' +
  '"body":{"orderId":"o-1","orderType":"TASKING","dataHostName":"host","status":"FULFILLED","statusIsFinal":true}}';

const DENO = [
  bin("deno"),
  "run",
  "--no-prompt",
  "--cached-only",
  "--allow-net",
  "--allow-env",
  "--allow-read=.",
];
const PROGRAMS = {
  "Node's http": [process.execPath, "http.js"],
  "a fetch Request in Node": [process.execPath, "hono.js"],
  "Deno.serve": [...DENO, "deno.js"],
  "Node's http in Deno": [...DENO, "http.js"],
  "Bun.serve": [bin("bun"), "bun.js"],
  "Node's http in Bun": [bin("bun"), "http.js"],
};

/** The servers by name, each with its address as `url`. */
const servers = new Map();
const stops = [];

before(async () => {
  const project = makeProject("bytes");
  stops.push(() => project.remove());
  for (const name of ["answer", "http", "hono", "deno", "bun", "worker"]) {
    project.write(`${name}.js`, readFileSync(file(`bytes/${name}.js`), "utf8"));
  }
  const env = {
    ...process.env,
    DENO_DIR: join(project.folder, ".deno"),
    DENO_NO_UPDATE_CHECK: "1",
  };
  for (const [name, [command, ...args]] of Object.entries(PROGRAMS)) {
    const program = await serve(command, () => args, { cwd: project.folder, env });
    stops.unshift(program.stop);
    servers.set(name, { url: new URL(program.origin) });
  }
  await startWorkerd(project);
});
after(async () => {
  for (const stop of stops) await stop();
});

async function startWorkerd(project) {
  const modules = await bundle(project, "worker.js");
  const config = {
    name: "bytes",
    compatibilityDate: COMPATIBILITY_DATE,
    manifest: { mainModule: "worker.js", modules },
  };
  // A socket of its own: the request passes through nothing but workerd.
  const dev = { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] };
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    workers: [{ config, dev }],
  });
  stops.unshift(() => miniflare.dispose());
  await miniflare.ready;
  servers.set("workerd", { url: await miniflare.unsafeGetDirectURL("bytes") });
}

/** Returns each server's answer to these headers, whose values are bytes. */
async function answersTo(provider, headers, body) {
  const usual = {
    host: "shop.example",
    connection: "close",
    "content-length": String(body.length),
  };
  const line = ([name, value]) =>
    Buffer.concat([Buffer.from(`${name}: `), Buffer.from(value), Buffer.from("\r\n")]);
  const head = [
    Buffer.from(`POST /${provider} HTTP/1.1\r\n`),
    ...Object.entries({ ...usual, ...headers }).map(line),
  ];
  const bytes = Buffer.concat([...head, Buffer.from(`\r\n${body}`)]);
  const given = {};
  for (const [name, server] of servers) given[name] = await answerOf(server, bytes);
  return given;
}

async function answerOf(server, bytes) {
  const { socket, closed } = connect(server);
  socket.write(bytes);
  const {
    answers: [{ status, text, all }],
  } = await closed;
  assert.equal(status, 200, all);
  return JSON.parse(Buffer.from(text.match(/\{.*\}/)[0], "latin1").toString());
}

/** Returns the answer to an id of these bytes, if others, or the same, are signed. */
function sendId(id, signed = id) {
  const seconds = String(Math.floor(Date.now() / 1000));
  const tag = createHmac("sha256", KEY)
    .update(signed)
    .update(`.${seconds}.${BODY}`)
    .digest("base64");
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": seconds,
    "webhook-signature": `v1,${tag}`,
  };
  return answersTo("standard-webhooks", headers, BODY);
}

/** Returns the answer to a header of these bytes that UP42 lists. */
function sendListed(value) {
  const created = Math.floor(Date.now() / 1000);
  const digest = `SHA-256=${sha256(UP42_BODY, "base64")}`;
  const tag = createHmac("sha256", "s3cret").update(digest).update(value).digest("base64");
  const headers = {
    ...{ digest, "x-order": value },
    ...{
      "signature-input": `up42-sig=("digest" "x-order");created=${created}`,
      signature: `up42-sig=${tag}`,
    },
  };
  return answersTo("up42", headers, UP42_BODY);
}

const all = (answer) => Object.fromEntries([...servers.keys()].map((name) => [name, answer]));
const taken = (id) => all({ id, authenticity: "body_signed" });
const MISMATCH = { code: "signature_mismatch" };

test("UTF-8 is read as UTF-8", async () => {
  for (const id of [
    "msg_\u00e9",
    "msg_\u20ac",
    "\u{1f642}",
    "\u00c3\u00a9",
    "\u00e9\u20ac",
    "\u00ff\u00fe",
  ]) {
    assert.deepEqual(await sendId(Buffer.from(id)), taken(id), id);
    assert.deepEqual(await sendListed(Buffer.from(id)), taken("m-1"), id);
  }
});

test("a signed value that is not UTF-8 is refused, whatever was signed in its place", async () => {
  for (const id of [
    "msg_\u00e9",
    "\u00c3\u00a9\u00e9",
    "\u0080",
    "\u00ed\u00a0\u0080",
    "\u00c0\u00af",
  ]) {
    const bytes = Buffer.from(id, "latin1");
    for (const signed of [bytes, Buffer.from(id)])
      assert.deepEqual(await sendId(bytes, signed), all(MISMATCH), id);
    assert.deepEqual(await sendListed(bytes), all(MISMATCH), id);
  }
});

test("an unsigned value that is not UTF-8 changes nothing", async () => {
  const id = Buffer.from("msg_1");
  const seconds = String(Math.floor(Date.now() / 1000));
  const tag = createHmac("sha256", KEY).update(`msg_1.${seconds}.${BODY}`).digest("base64");
  const signed = {
    "webhook-id": id,
    "webhook-timestamp": seconds,
    "webhook-signature": `v1,${tag}`,
  };
  for (const note of ["\u00e9", "\u00c3\u00a9"]) {
    const headers = { ...signed, "x-note": Buffer.from(note, "latin1") };
    assert.deepEqual(await answersTo("standard-webhooks", headers, BODY), taken("msg_1"));
  }
});

test("bytes that cannot be part of a tag are refused", async () => {
  const seconds = String(Math.floor(Date.now() / 1000));
  for (const tag of [Buffer.from("v1,\u00e9", "latin1"), Buffer.from("v1,\u00e9")]) {
    const headers = {
      "webhook-id": "msg_1",
      "webhook-timestamp": seconds,
      "webhook-signature": tag,
    };
    const answers = await answersTo("standard-webhooks", headers, BODY);
    assert.deepEqual(answers, all(answers.workerd));
    assert.match(answers.workerd.code, /^(malformed_signature|signature_mismatch)$/);
  }
});

test("any bytes get one answer", async (t) => {
  const seed = process.env.SEED ?? randomBytes(4).toString("hex");
  t.diagnostic(`SEED=${seed}`);
  let state = seed;
  const random = (most) => {
    state = sha256(state);
    return Number.parseInt(state.slice(0, 8), 16) % most;
  };
  const texts = ["a", ".", "\u00e9", "\u20ac", "\u{1f642}", "\u0085", "\ufeff", "\u00a0", "\ufffd"];
  const some = texts.map((text) => Buffer.from(text));
  const any = () => (random(3) === 0 ? Buffer.of(0x80 + random(128)) : some[random(some.length)]);
  const counts = { taken: 0, refused: 0 };
  for (let sent = times(60, 1000); sent > 0; sent -= 1) {
    const id = Buffer.concat([
      Buffer.from("m"),
      ...Array.from({ length: 1 + random(4) }, any),
      Buffer.from("z"),
    ]);
    const answers = await sendId(id);
    assert.deepEqual(answers, all(answers.workerd), id.toString("hex"));
    counts[answers.workerd.code === undefined ? "taken" : "refused"] += 1;
  }
  assert.ok(counts.taken > 5 && counts.refused > 5, JSON.stringify(counts));
});
