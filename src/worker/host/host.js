// The host's side of the seam. Each step of the I/O is one call from WebAssembly; from Rust it
// would be four or more. The outcome of a delivery is not decided here.
import { eventOf } from "./event.js";
import { definitions } from "./providers.js";

/**
 * Makes the state of a request on this side: its environment, the one timer of its waits, and its
 * bytes of the budget for bodies.
 */
export const open = (env) => ({
  env,
  timer: undefined,
  rings: 0,
  due: 0,
  late: undefined,
  reserved: 0,
  reservedAt: 0,
});

/** Ends a request's state: clears its timer, and gives its bytes back. */
export function close(host) {
  clearTimeout(host.timer);
  giveBack(host);
}

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
export const header = ({ headers }, number) => headers.get(headerNames[number]) ?? undefined;

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
 * Reads a body. Resolves to its bytes. If it has more than `most`, resolves to a number: the bytes
 * that were announced, or that have arrived. If the bodies in flight leave no memory for it,
 * resolves to null.
 *
 * HTTP delivers no more than was announced. A body that is large, or announces no length, is read
 * in pieces, and reading stops once it is too large.
 */
export async function read(host, request, most) {
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > most) return Number(announced);
  if (announced !== null && Number(announced) <= LARGE_BODY) {
    const body = new Uint8Array(await request.arrayBuffer());
    // Another Worker can announce less than it sends.
    if (body.length > most) return body.length;
    return reserve(host, body.length, false) ? body : null;
  }
  // Not read earlier: the getter makes a stream.
  const { body } = request;
  return body === null
    ? new Uint8Array()
    : readPieces(host, body.getReader({ mode: "byob" }), most);
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
  const {
    SOURCES,
    MAX_BODY_BYTES,
    DEDUP,
    DEDUP_TTL_SECONDS,
    QUEUE_DEADLINE_MS,
    KV_DEADLINE_MS,
    CLAIM_DEADLINE_MS,
  } = env;
  const limits = {
    MAX_BODY_BYTES,
    DEDUP_TTL_SECONDS,
    QUEUE_DEADLINE_MS,
    KV_DEADLINE_MS,
    CLAIM_DEADLINE_MS,
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

export const seen = (host, key, ms) => within(host, ms, "KV", ({ SEEN }) => SEEN.get(key));

export const mark = (host, key, value, expirationTtl, ms) =>
  within(host, ms, "KV", ({ SEEN }) => SEEN.put(key, value, { expirationTtl }));

export const keep = (host, key, bytes, expirationTtl, ms) =>
  within(host, ms, "KV", ({ SEEN }) => SEEN.put(key, bytes, { expirationTtl }));

/** Sends an event: the numbers and the text of its table, and its payload. */
export const send = (host, ints, text, payload, ms) =>
  within(host, ms, "the queue", ({ EVENTS }) =>
    EVENTS.send(eventOfTable(ints, text, payload), { contentType: "json" }),
  );

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

export const claim = (host, shard, key, claimant, life, ms) =>
  within(host, ms, "the claim", (env) => object(env, shard).claim(key, claimant, life));

export const release = (host, shard, key, claimant, ms) =>
  within(host, ms, "the claim's release", (env) => object(env, shard).release(key, claimant));

/**
 * Marks the key and commits its claim at the same time. Neither waits for the other, and a failure
 * of one does not hold up the other.
 */
export async function settle(host, key, value, ttl, ms, shard, claimMs) {
  // Its own timer, beside the one of `mark`.
  const beside = { ...host, timer: undefined };
  const commit = (env) => object(env, shard).commit(key, ttl * 1000);
  const committed = within(beside, claimMs, "the claim's commit", commit).finally(() =>
    clearTimeout(beside.timer),
  );
  const ends = await Promise.allSettled([committed, mark(host, key, value, ttl, ms)]);
  for (const { status, reason } of ends) if (status === "rejected") throw reason;
}

/**
 * Returns the SHA-256 of bytes, hashed natively, which is worth a turn of the event loop for long
 * ones. The bytes are erased: they contain a key.
 */
export async function sha256(bytes) {
  try {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  } finally {
    bytes.fill(0);
  }
}

/**
 * Waits for `work`, but no longer than `ms`. A delivery waits for one thing at a time, so its waits
 * share one timer. It is set again if it fires too early, and cleared by `close`.
 */
function within(host, ms, what, work) {
  return new Promise((resolve, reject) => {
    host.late = () => reject(new Error(`${what} took longer than ${ms} ms`));
    host.due = Date.now() + ms;
    if (host.timer === undefined || host.due < host.rings) set(host);
    Promise.resolve(work(host.env)).then(resolve, reject);
  });
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

const TYPES = ["application/json", "application/problem+json"].map((type) => ({
  "content-type": type,
  "cache-control": "no-store",
}));
const LEVELS = [undefined, "log", "warn", "error"];

/**
 * Makes a response of a JSON text, or an empty one, and logs a line at a level, if there is one.
 * `name` and `value` are one more header, if given.
 */
export function answer(status, json, line, level, isEmpty, name, value) {
  if (line !== undefined) console[LEVELS[level]](line);
  const type = TYPES[status < 400 ? 0 : 1];
  const headers = name === undefined ? type : { ...type, [name]: value };
  return new Response(isEmpty ? null : json, { status, headers });
}
