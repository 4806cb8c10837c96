// The host's side of the seam. Each step of the I/O is one call from WebAssembly; from Rust it
// would be four or more. The outcome of a delivery is not decided here.
import { eventOf } from "./event.js";
import { lateFailure, takeActivity } from "./index.js";
import { call } from "./instance.js";
import { definitions } from "./providers.js";

/**
 * Makes the state of a request on this side.
 *
 * `turn` is the number of the answer that the delivery waits for, and `go` takes it there: see
 * drive.js. The waits share one timer, which rings at `rings`; `late` says at `due` that the answer
 * did not come. `ended` ends the time for which the request is kept alive.
 */
export const open = (env, ctx) => ({
  env,
  ctx,
  started: Date.now(),
  turn: 0,
  go: undefined,
  timer: undefined,
  rings: 0,
  due: 0,
  late: undefined,
  values: [],
  reserved: 0,
  reservedAt: 0,
  batch: undefined,
  hops: 0,
  marks: undefined,
  releases: undefined,
  ended: undefined,
});

/** Keeps a request alive until it is closed, though its caller may hang up before. */
export function keepAlive(host) {
  if (host.ended === undefined) host.ctx.waitUntil(new Promise((end) => (host.ended = end)));
}

/** Ends a request that has its answer, and does the work for after it. */
export function close(host) {
  if (host.timer) clearTimeout(host.timer);
  giveBack(host);
  const { marks, releases } = host;
  if (marks === undefined && releases === undefined) host.ended?.();
  else if (isOne(marks) && releases === undefined) void writeMark(host);
  else void finish(host).finally(host.ended);
}

/** Whether all marks are the mark of one event without a claim. */
const isOne = (marks) => marks?.length === 1 && marks[0].shard === undefined;

function giveBack(host) {
  inFlight -= host.reserved;
  host.reserved = 0;
  reserving.delete(host);
}

const headerNames = [];

/** Gives a header's name the number that `header` knows it by. */
export function nameHeader(number, name) {
  headerNames[number] = name;
}

/** Returns a header's value; undefined where the request has none of this name. */
export function header({ values }, { headers }, number) {
  values[number] ??= headers.get(headerNames[number]);
  return values[number] ?? undefined;
}

/** More hops than any that are counted. */
const MANY_HOPS = 1000;

/**
 * Returns how many installations of orderhook a delivery has passed, as its header says; 0 without one. Its events carry the
 * number on: a dispatch that posts them counts one more.
 */
export function hopsOf(host, { headers }) {
  const hops = Number(headers.get("orderhook-hop"));
  host.hops = hops >= 1 ? Math.min(Math.floor(hops), MANY_HOPS) : 0;
  return host.hops;
}

/** The bytes of all bodies in flight in this isolate, and the requests that have them. */
let inFlight = 0;
const reserving = new Set();

/**
 * The milliseconds after which a request has surely ended. The runtime may end one without closing
 * it.
 */
const MAX_REQUEST_MS = 10 * 60 * 1000;

/**
 * The bytes that all bodies in flight may have: bodies that were read and whose delivery has no
 * answer yet, and the part of large bodies that has arrived. Deliveries share 128 MB, of which 64
 * MiB are the module's.
 */
const MAX_IN_FLIGHT = 24 * 1024 * 1024;

/**
 * The share of large bodies. The rest is left to small ones, so that large bodies never hold them
 * up.
 */
const MAX_LARGE_IN_FLIGHT = 20 * 1024 * 1024;

/**
 * The bytes from which on a body counts while it is read. A smaller one counts once it is whole.
 */
const LARGE_BODY = 64 * 1024;

/** Gives back the bytes of requests that were never closed. */
function forgetEnded() {
  const oldest = Date.now() - MAX_REQUEST_MS;
  for (const host of reserving) if (host.reservedAt < oldest) giveBack(host);
}

/** Takes `bytes` of the budget for a delivery, which `close` gives back. Returns false if fewer are left. */
function reserve(host, bytes, isLarge) {
  const most = isLarge ? MAX_LARGE_IN_FLIGHT : MAX_IN_FLIGHT;
  if (inFlight + bytes > most) forgetEnded();
  if (inFlight + bytes > most) return false;
  inFlight += bytes;
  host.reserved += bytes;
  host.reservedAt = Date.now();
  reserving.add(host);
  return true;
}

/**
 * Reads a body. Answers with its bytes. If it has more than `most`, answers with a number: the
 * bytes that were announced, or that have arrived. If the bodies in flight leave no memory for it,
 * answers with null.
 *
 * HTTP delivers no more than was announced. A body that is large, or announces no length, is read
 * in pieces, and reading stops once it is too large. Its request is kept alive, since its pieces
 * count while they arrive.
 */
export function read(host, request, most) {
  const { go } = host;
  const failed = (error) => go(0, true, error);
  const announced = request.headers.get("content-length");
  const length = announced === null ? Number.POSITIVE_INFINITY : Number(announced);
  if (announced !== null && length > most) return go(0, false, length);
  if (length <= LARGE_BODY) {
    request.arrayBuffer().then((buffer) => go(0, false, whole(host, buffer, most)), failed);
    return;
  }
  // Not read earlier: the getter makes a stream.
  const { body } = request;
  if (body === null) return go(0, false, new Uint8Array());
  keepAlive(host);
  readPieces(host, body.getReader({ mode: "byob" }), most).then(
    (read) => go(0, false, read),
    failed,
  );
}

/** Returns what `read` answers for a body that was not announced as large. */
function whole(host, buffer, most) {
  const body = new Uint8Array(buffer);
  // Another Worker can announce less than it sends.
  if (body.length > most) return body.length;
  return reserve(host, body.length, false) ? body : null;
}

// Reads pieces of our own size. The sender's pieces may be of one byte each, and each would keep a
// buffer of kilobytes.
async function readPieces(host, reader, most) {
  const pieces = [];
  let length = 0;
  const overdue = whenOverdue(host);
  try {
    for (;;) {
      // One byte above the bound suffices to know.
      const wanted = Math.min(LARGE_BODY, most - length + 1);
      const piece = await Promise.race([
        reader.readAtLeast(wanted, new Uint8Array(wanted)),
        overdue.promise,
      ]);
      const more = piece?.value?.length ?? 0;
      length += more;
      if (length > most || piece === undefined || !reserve(host, more, length > LARGE_BODY)) {
        reader.cancel().catch(() => {});
        return length > most ? length : null;
      }
      if (more > 0) pieces.push(piece.value);
      if (piece.done) return join(pieces, length);
    }
  } finally {
    overdue.stop();
  }
}

/** The milliseconds for which a large body may arrive while others wait for its memory. */
const MAX_READ_MS = 10_000;

/**
 * Returns a promise that resolves to undefined once a body has been arriving for too long and half
 * of the budget is taken.
 */
function whenOverdue(host) {
  const began = Date.now();
  const { promise, resolve } = Promise.withResolvers();
  const check = () => {
    const isWanted = inFlight > MAX_IN_FLIGHT / 2 && host.reserved > 0;
    if (isWanted && Date.now() - began >= MAX_READ_MS) resolve();
  };
  const timer = setInterval(check, MAX_READ_MS / 10);
  return { promise, stop: () => clearInterval(timer) };
}

function join(pieces, length) {
  const body = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

/** The beginning of the name of a variable that declares a provider. */
const PROVIDER = "PROVIDER_";

/** Returns every variable that is not a secret, as one JSON text. Of the providers it has the names. */
export function settings({ env }) {
  const { SOURCES, MAX_BODY_BYTES, DEDUP, DEDUP_TTL_SECONDS, DEADLINE_MS } = env;
  const limits = {
    MAX_BODY_BYTES,
    DEDUP_TTL_SECONDS,
    DEADLINE_MS,
  };
  const builtIn = Object.keys(definitions);
  const declared = Object.keys(env).filter((name) => name.startsWith(PROVIDER));
  return JSON.stringify({ SOURCES, DEDUP, ...limits, builtIn, declared });
}

/** Returns the definition of a built-in provider; undefined if there is none of this name. */
export const definition = (name) =>
  Object.hasOwn(definitions, name) ? definitions[name] : undefined;

/**
 * Returns the definition that a variable declares; undefined if there is none of this name. One in
 * wrangler.toml is a table.
 */
export function declared({ env }, variable) {
  if (!Object.hasOwn(env, variable)) return undefined;
  const value = env[variable];
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Returns a secret's text; undefined if there is no secret of this name. */
export const secret = ({ env }, name) =>
  Object.hasOwn(env, name) && typeof env[name] === "string" ? env[name] : undefined;

/** Whether there is a binding of this name. */
export const bound = ({ env }, name) => typeof env[name] === "object" && env[name] !== null;

// The functions below that are given `ms` answer later: with what they were asked for, or with an
// error once `ms` milliseconds have passed.

export const seen = (host, key, ms) => within(host, ms, "KV", ({ SEEN }) => SEEN.get(key));

export const allSeen = (host, keys, ms) =>
  within(host, ms, "KV", async ({ SEEN }) => {
    const values = await SEEN.get(keys);
    return Uint8Array.from(keys, (key) => (values.get(key) === null ? 0 : 1));
  });

export const keep = (host, key, bytes, expirationTtl, ms) =>
  within(host, ms, "KV", ({ SEEN }) => SEEN.put(key, bytes, { expirationTtl }));

/** Sends an event: the numbers and the text of its table, and its payload. */
export const send = (host, ints, text, payload, ms) =>
  within(host, ms, "the queue", ({ EVENTS }) =>
    EVENTS.send(carrying(host, eventOfTable(ints, text, payload)), { contentType: "json" }),
  );

/** Adds an event to those of `sendBatch`. */
export function addToBatch(host, ints, text, payload) {
  host.batch ??= [];
  const body = carrying(host, eventOfTable(ints, text, payload));
  host.batch.push({ body, contentType: "json" });
}

export function sendBatch(host, ms) {
  const { batch } = host;
  host.batch = undefined;
  within(host, ms, "the queue", ({ EVENTS }) => EVENTS.sendBatch(batch));
}

/** Returns an event with the hops of its delivery, if there are any. */
const carrying = ({ hops }, event) => (hops > 0 ? { ...event, orderhookhop: hops } : event);

/** The places of the provider's and the source's names in the table. */
const PROVIDER_AT = 13;
const SOURCE_AT = 15;

/** Makes an event of its table. */
export function eventOfTable(ints, text, payload) {
  const read = (start, end) => part(text, start, end);
  const name = (at) => read(ints[at], ints[at + 1]);
  return eventOf(ints, 0, ints.length, read, name(PROVIDER_AT), name(SOURCE_AT), payload);
}

/** V8 makes a shorter part a string of its own. A longer one refers to the whole text. */
const SHORTEST_SLICE = 13;

/**
 * Returns a part of a text as a string of its own. JSON is written twice as slowly of an object
 * with a string that refers to another.
 */
function part(text, start, end) {
  if (end - start < SHORTEST_SLICE) return text.slice(start, end);
  return [text.slice(start, start + 1), text.slice(start + 1, end)].join("");
}

/** Returns the Durable Object of this name. */
function object({ CLAIMS }, shard) {
  if (CLAIMS === undefined)
    throw new Error("the Durable Objects `CLAIMS` are not bound: see wrangler.toml");
  return CLAIMS.getByName(shard);
}

export const claimant = () => crypto.randomUUID();

/** Asks for claims. The objects that hold them are asked at the same time, each once. */
export const claim = (host, shards, keys, claimant, life, ms) =>
  within(host, ms, "the claim", async (env) => {
    const freeIn = new Float64Array(keys.length);
    const places = Map.groupBy(keys.keys(), (at) => shards[at]);
    const ask = async ([shard, places]) => {
      const wanted = places.map((at) => keys[at]);
      const answers = await object(env, shard).claim(wanted, claimant, life);
      for (const [nth, at] of places.entries()) freeIn[at] = answers[nth];
    };
    await Promise.all([...places].map(ask));
    return freeIn;
  });

/** Notes a mark for after the answer, and the commit of its claim where the shard is named. */
export function mark(host, key, value, expirationTtl, shard) {
  host.marks ??= [];
  host.marks.push({ key, value, expirationTtl, shard });
}

/** Notes the release of a claim for after the answer. */
export function release(host, shard, key, claimant) {
  host.releases ??= [];
  host.releases.push({ shard, key, claimant });
}

/**
 * Writes the only mark. Most deliveries have one event and no claim. `finish` makes more promises:
 * with it alone, such a delivery takes at least 3 % more processor time.
 */
async function writeMark({ env, marks: [{ key, value, expirationTtl }], ended }) {
  try {
    await env.SEEN.put(key, value, { expirationTtl });
  } catch (error) {
    call(() => lateFailure("mark", key, 1, error));
  } finally {
    ended?.();
  }
}

/** Writes the marks and settles the claims. No failure of one holds up another. */
async function finish({ env, marks = [], releases = [] }) {
  const put = ({ key, value, expirationTtl }) => env.SEEN.put(key, value, { expirationTtl });
  const marked = marks.map((mark) => attempt(() => put(mark)));
  const committed = settle(marks, ({ shard, expirationTtl }, keys) =>
    object(env, shard).commit(keys, expirationTtl * 1000),
  );
  const released = settle(releases, ({ shard, claimant }, keys) =>
    object(env, shard).release(keys, claimant),
  );
  await Promise.all([
    report("mark", marks, marked),
    report("commit", marks, committed),
    report("release", releases, released),
  ]);
}

/** Calls each object once. Returns promises of errors. */
function settle(claims, work) {
  const byShard = Map.groupBy(
    claims.filter(({ shard }) => shard !== undefined),
    ({ shard }) => shard,
  );
  const keysOf = (claims) => claims.map(({ key }) => key);
  return [...byShard.values()].map((claims) => attempt(() => work(claims[0], keysOf(claims))));
}

/** Returns the error that work fails with; undefined if it does not fail. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    return error;
  }
}

/** Logs one line for all errors of a kind that a delivery has. */
async function report(what, claims, errors) {
  const failed = (await Promise.all(errors)).filter((error) => error !== undefined);
  if (failed.length > 0) call(() => lateFailure(what, claims[0].key, failed.length, failed[0]));
}

export const pause = (host, ms) => answers(host, () => wait(ms));

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends the counts that have been added up when `ms` milliseconds have passed. */
export function sendActivity({ env, ctx }, ms) {
  const send = async () => {
    await wait(ms);
    const counts = call(takeActivity);
    if (counts !== undefined) await env.ACTIVITY.send(JSON.parse(counts), { contentType: "json" });
  };
  ctx.waitUntil(send().catch(() => {}));
}

/** Answers with the SHA-256 of bytes, hashed natively. The bytes are erased: they contain a key. */
export const sha256 = (host, bytes) =>
  answers(host, async () => {
    try {
      return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    } finally {
      bytes.fill(0);
    }
  });

/** The bytes that a key set may have. */
const MAX_KEY_SET_BYTES = 64 * 1024;

/** Answers with the text of the key set at an address. Redirects are not followed: one could lead anywhere. */
export const fetchKeys = (host, url, ms) =>
  within(host, ms, "the key set", async () => {
    const headers = { accept: "application/json" };
    const signal = AbortSignal.timeout(ms);
    const response = await fetch(url, { redirect: "manual", headers, signal });
    if (response.status !== 200 || response.body === null)
      throw new Error(`the key set was answered with ${response.status}`);
    const pieces = [];
    let length = 0;
    for await (const piece of response.body) {
      length += piece.length;
      if (length > MAX_KEY_SET_BYTES) throw new Error("the key set has more than 64 KB");
      pieces.push(piece);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(join(pieces, length));
  });

/** The algorithms of signatures, in the order of the core's `Algorithm`. */
const ALGORITHMS = [
  { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  { name: "Ed25519" },
];

/** Answers whether a signature by the owner of a public key holds. */
export const signature = (host, algorithm, key, content, signed, ms) =>
  within(host, ms, "WebCrypto", async () => {
    const named = ALGORITHMS[algorithm];
    let imported;
    try {
      imported = await crypto.subtle.importKey("spki", key, named, false, ["verify"]);
    } catch (error) {
      // No signature holds by what is no key. Anyone may ask for it, so it is no failure.
      if (error?.name === "DataError") return false;
      throw error;
    }
    return crypto.subtle.verify(named, imported, signed, content);
  });

/**
 * Waits for `work`, but no longer than `ms`. A delivery waits for one thing at a time, so its waits
 * share one timer. It is set again if it fires too early, and cleared by `close`.
 */
function within(host, ms, what, work) {
  const { turn } = host;
  host.late = () => host.go(turn, true, new Error(`${what} took longer than ${ms} ms`));
  host.due = Date.now() + ms;
  if (host.timer === undefined || host.due < host.rings) set(host);
  answers(host, work);
}

/** Takes the delivery on with the result of `work`, unless the delivery is on already. */
function answers(host, work) {
  const { go, turn, env } = host;
  let working;
  try {
    working = work(env);
  } catch (error) {
    // An error must not pass through the module: it would be lost.
    working = Promise.reject(error);
  }
  Promise.resolve(working).then(
    (value) => go(turn, false, value),
    (error) => go(turn, true, error),
  );
}

function set(host) {
  clearTimeout(host.timer);
  host.rings = host.due;
  host.timer = setTimeout(ring, host.due - Date.now(), host);
}

function ring(host) {
  host.timer = undefined;
  if (host.due <= Date.now()) host.late();
  else set(host);
}

const TYPES = ["application/json", "application/problem+json"].map(
  (type) => new Headers({ "content-type": type, "cache-control": "no-store" }),
);
const LEVELS = [undefined, "log", "warn", "error"];

let isStarting = true;

/** Allows responses and log lines. A Worker that starts can make none. */
export function allowResponses() {
  isStarting = false;
}

/**
 * Makes a response of a JSON text, or an empty one, and logs a line at a level, if there is one.
 * `name` and `value` are one more header, if given.
 */
export function answer(status, json, line, level, isEmpty, name, value) {
  if (isStarting) return {};
  if (line !== undefined) console[LEVELS[level]](line);
  let headers = TYPES[status < 400 ? 0 : 1];
  if (name !== undefined) {
    headers = new Headers(headers);
    headers.set(name, value);
  }
  return new Response(isEmpty ? null : json, { status, headers });
}
