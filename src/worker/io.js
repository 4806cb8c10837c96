// What is cheaper on this side: a step of the I/O here is one crossing into WASM's host, where the same in Rust would be
// four or more. No decision is taken here.

/// "POST https://…", in one crossing.
export const head = ({ method, url }) => `${method} ${url}`;

/// The body's bytes, or null where an announced length is more than `most`, or the body itself is where none is announced:
/// such a body is taken piece by piece, and left once it is too much. HTTP lets no more come than was announced; whoever
/// can say otherwise is held to `most` by the caller.
export function read(request, most) {
  const announced = request.headers.get("content-length");
  if (announced !== null) return Number(announced) > most ? Promise.resolve(null) : request.arrayBuffer();
  // Not asked for before: it makes a stream.
  const { body } = request;
  return body === null ? Promise.resolve(new ArrayBuffer()) : readPieces(body.getReader({ mode: "byob" }), most);
}

const PIECE = 65_536;

// Into pieces of our own size: the sender's, of which each would keep a buffer of kilobytes, may be of one byte.
async function readPieces(reader, most) {
  const pieces = [];
  let length = 0;
  for (;;) {
    // One byte over what is allowed is enough to know.
    const wanted = Math.min(PIECE, most - length + 1);
    const { done, value } = await reader.readAtLeast(wanted, new Uint8Array(wanted));
    length += value?.length ?? 0;
    if (length > most) {
      reader.cancel().catch(() => {});
      return null;
    }
    if (value?.length) pieces.push(value);
    if (done) return join(pieces, length);
  }
}

function join(pieces, length) {
  const body = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body.buffer;
}

/// The text or JSON of every variable that is no secret, in one crossing.
export function settings(env) {
  const { SOURCES, MAX_BODY_BYTES, DEDUP, DEDUP_TTL_SECONDS, QUEUE_DEADLINE_MS, KV_DEADLINE_MS, CLAIM_DEADLINE_MS } = env;
  return JSON.stringify({
    ...{ SOURCES, MAX_BODY_BYTES, DEDUP, DEDUP_TTL_SECONDS, QUEUE_DEADLINE_MS, KV_DEADLINE_MS, CLAIM_DEADLINE_MS },
  });
}

/// A secret's text; undefined where there is none of this name.
export const secret = (env, name) => (Object.hasOwn(env, name) && typeof env[name] === "string" ? env[name] : undefined);

/// Whether there is a binding of this name.
export const bound = (env, name) => typeof env[name] === "object" && env[name] !== null;

export const seen = (env, key, ms) => within(ms, "KV", async () => (await env.SEEN.get(key)) !== null);

export const mark = (env, key, value, expirationTtl, ms) =>
  within(ms, "KV", () => env.SEEN.put(key, value, { expirationTtl }));

// The bytes are a view of WASM memory, which may move before KV has taken them: copied.
export const keep = (env, key, bytes, expirationTtl, ms) =>
  within(ms, "KV", () => env.SEEN.put(key, bytes.slice(), { expirationTtl }));

export const send = (env, json, ms) =>
  within(ms, "the queue", () => env.EVENTS.send(JSON.parse(json), { contentType: "json" }));

export const claimant = () => crypto.randomUUID();

export const claim = (env, shard, key, claimant, life, ms) =>
  within(ms, "the claim", () => env.CLAIMS.getByName(shard).claim(key, claimant, life));

export const commit = (env, shard, key, ttl, ms) =>
  within(ms, "the claim's commit", () => env.CLAIMS.getByName(shard).commit(key, ttl * 1000));

export const release = (env, shard, key, claimant, ms) =>
  within(ms, "the claim's release", () => env.CLAIMS.getByName(shard).release(key, claimant));

/// Waits for `work`, but no longer than `ms`.
async function within(ms, what, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/// A JSON answer. `name` and `value` are one more header, where there is one.
export function answer(status, type, json, name, value) {
  const headers = { "content-type": type, "cache-control": "no-store" };
  if (name !== undefined) headers[name] = value;
  return new Response(json, { status, headers });
}
