// A Worker written by hand, with care: plain JavaScript on WebCrypto, with the key imported once, for one account at
// WeGoCod. The code of `benches/peers/plain/` makes the event.
import { eventOf } from "../peers/plain/event.js";
import { wegocod } from "../peers/plain/wegocod.js";
import { parse } from "./json.js";

const MAX_BYTES = 1_048_576;
const TOO_LARGE = `the body has more than ${MAX_BYTES} bytes`;
const KEPT_SECONDS = 604_800;
const KV_DEADLINE_MS = 2_000;
const QUEUE_DEADLINE_MS = 5_000;

const ADDRESS = "/hooks/wegocod";
const SOURCE = { provider: "wegocod", source: ADDRESS, authenticity: "body_signed", attempt: null };
const JSON_TEXT = { contentType: "json" };
const TAG = /^[0-9a-f]{64}$/;
const SUCCESS = { "content-type": "application/json", "cache-control": "no-store" };
const CHALLENGE = { "www-authenticate": "Signature" };
const PROBLEM = { "content-type": "application/problem+json", "cache-control": "no-store" };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
let key;

export default {
  fetch(request, env, ctx) {
    const started = Date.now();
    const { method } = request;
    if (pathOf(request.url) !== ADDRESS) {
      const note = method === "POST" && isSampled(started) ? { started } : null;
      return problem(
        404,
        "not_found",
        "Not Found",
        "there is nothing here: post to /hooks/{source}",
        note,
      );
    }
    if (method === "POST") return deliver(request, env, ctx, started);
    if (method === "GET" || method === "HEAD")
      return success(200, { status: "ready", source: "wegocod", provider: "wegocod" });
    return problem(
      405,
      "method_not_allowed",
      "Method Not Allowed",
      "only GET, HEAD, POST are answered here",
      null,
      {
        allow: "GET, HEAD, POST",
      },
    );
  },
};

let sampled = 0;

/** Returns whether a delivery to an unknown address is logged: one in ten seconds. */
function isSampled(now) {
  if (now - sampled < 10_000) return false;
  sampled = now;
  return true;
}

function pathOf(url) {
  const start = url.indexOf("/", 8);
  const query = url.indexOf("?", start);
  const path = query < 0 ? url.slice(start) : url.slice(start, query);
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

async function deliver(request, env, ctx, started) {
  const note = { started, source: "wegocod" };
  let body;
  try {
    body = await read(request);
  } catch (error) {
    note.cause = error.message;
    return problem(
      400,
      "body_unreadable",
      "Bad Request",
      "the body ended before it was whole",
      note,
    );
  }
  if (body === null) return problem(413, "body_too_large", "Content Too Large", TOO_LARGE, note);
  note.bytes = body.byteLength;

  const tag = request.headers.get("x-webhook-signature");
  if (tag === null) return refused("missing_signature", "the signature is missing", note);
  if (!TAG.test(tag)) return refused("malformed_signature", "the signature cannot be read", note);
  key ??= await keyOf(env.WEGOCOD_SECRET);
  if (!(await crypto.subtle.verify("HMAC", key, Uint8Array.fromHex(tag), body))) {
    return refused("signature_mismatch", "the signature is not that of this body", note);
  }

  const payload = decoder.decode(body);
  const event = eventOf(
    { ...SOURCE, now: started, payload },
    wegocod.read(parse(payload), { zone: null }),
  );
  const { id } = event;
  note.id = id;
  const mark = `seen:wegocod:${id}`;
  try {
    if ((await within(KV_DEADLINE_MS, "KV", env.SEEN.get(mark))) !== null) {
      log("log", "duplicate", "duplicate", note);
      return success(200, { status: "duplicate", id });
    }
  } catch (error) {
    note.cause = error.message;
  }
  try {
    await within(QUEUE_DEADLINE_MS, "the queue", env.EVENTS.send(event, JSON_TEXT));
  } catch (error) {
    note.cause = error.message;
    return problem(503, "queue_unavailable", "Service Unavailable", "send it again later", note, {
      "retry-after": "30",
    });
  }
  const value = JSON.stringify({ id, taken_at: event.data.received_at });
  const marked = () =>
    within(KV_DEADLINE_MS, "KV", env.SEEN.put(mark, value, { expirationTtl: KEPT_SECONDS }));
  if (MARKS_LATER) {
    ctx.waitUntil(marked().catch(({ message }) => console.warn(`${mark}: ${message}`)));
  } else {
    try {
      await marked();
    } catch (error) {
      note.cause ??= error.message;
    }
  }
  log(note.cause === undefined ? "log" : "warn", "accepted", "accepted", note);
  return success(202, { status: "accepted", id });
}

const keyOf = (secret) =>
  crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );

/** Returns the body, or null if it is too large. */
function read(request) {
  const announced = request.headers.get("content-length");
  if (announced !== null)
    return Number(announced) > MAX_BYTES ? Promise.resolve(null) : request.arrayBuffer();
  return request.body === null ? Promise.resolve(new ArrayBuffer(0)) : readPieces(request.body);
}

async function readPieces(stream) {
  const pieces = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > MAX_BYTES) return null;
    pieces.push(piece);
  }
  return new Blob(pieces).arrayBuffer();
}

/** Returns the promise, or a failure once it is late. */
function within(ms, what, promise) {
  if (!DEADLINES) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

const success = (status, answer) =>
  new Response(JSON.stringify(answer), { status, headers: SUCCESS });

const refused = (code, detail, note) => problem(401, code, "Unauthorized", detail, note, CHALLENGE);

function problem(status, code, title, detail, note, more) {
  if (note)
    log(
      status === 400 || status === 503 ? "error" : "warn",
      status === 503 ? "failed" : "refused",
      code,
      note,
    );
  const headers = more === undefined ? PROBLEM : { ...PROBLEM, ...more };
  return new Response(JSON.stringify({ type: "about:blank", title, status, code, detail }), {
    status,
    headers,
  });
}

function log(level, outcome, code, { started, source = null, id = null, bytes = null, cause }) {
  const ms = Date.now() - started;
  console[level](
    JSON.stringify({
      at: "delivery",
      source,
      provider: source,
      outcome,
      code,
      id,
      bytes,
      ms,
      cause,
    }),
  );
}
