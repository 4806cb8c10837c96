// The host's side of the seam. Each step of the I/O is one call from WebAssembly. Nothing is
// decided here.

/** Makes the state of a task on this side. */
export const open = (env) => ({ env });

/** The longest wait for a Durable Object, in milliseconds. */
const DEADLINE_MS = 20_000;

/** Returns every variable that is not a secret, as one JSON text. */
export function settings({ env }) {
  const { SHARDS, RETENTION_DAYS, RETENTION_MB, DEDUP_TTL_SECONDS } = env;
  const { OWN_HOSTS, LOCAL_ENDPOINTS } = env;
  const { CF_ACCESS_TEAM, CF_ACCESS_AUD, CF_ACCESS_READ_ONLY } = env;
  const { SILENCE_FACTOR, SILENCE_MINUTES, REFUSED_PERCENT, REFUSED_COUNT } = env;
  return JSON.stringify({
    SHARDS,
    RETENTION_DAYS,
    RETENTION_MB,
    DEDUP_TTL_SECONDS,
    OWN_HOSTS,
    LOCAL_ENDPOINTS,
    CF_ACCESS_TEAM,
    CF_ACCESS_AUD,
    CF_ACCESS_READ_ONLY,
    SILENCE_FACTOR,
    SILENCE_MINUTES,
    REFUSED_PERCENT,
    REFUSED_COUNT,
  });
}

/** Returns a secret's text; undefined if there is no secret of this name. */
export const secret = ({ env }, name) =>
  Object.hasOwn(env, name) && typeof env[name] === "string" ? env[name] : undefined;

/** Returns a request's header; undefined where it has none of this name. */
export const header = ({ headers }, name) => headers.get(name) ?? undefined;

/** The milliseconds in which a request's body must come. Anyone may send the body that signs in. */
const BODY_MS = 10_000;

/**
 * Reads a request's body as text. Resolves to a number if it has more than `most` bytes, and to null
 * if it is not UTF-8 or not whole. Rejects if it does not come in time.
 */
export const read = ({ body }, most) =>
  body === null ? Promise.resolve("") : within(() => textOf(body, most), BODY_MS);

async function textOf(body, most) {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let [text, length] = ["", 0];
  try {
    for await (const piece of body) {
      length += piece.length;
      if (length > most) return length;
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  } catch {
    return null;
  }
}

/** Puts a message back into the queue of events. */
export async function requeue({ env }, form, content) {
  const body = { json: JSON.parse, text: String, base64: Uint8Array.fromBase64 }[form](content);
  await env.EVENTS.send(body, {
    contentType: { json: "json", text: "text", base64: "bytes" }[form],
  });
}

/** Deletes bodies from KV. */
export async function forget({ env }, keys) {
  await Promise.all(keys.map((key) => env.SEEN.delete(key)));
}

/** Resolves to the queue's backlog, as JSON text; to null if the queue does not report it. */
export async function backlog({ env }) {
  try {
    return JSON.stringify(await env.EVENTS.metrics());
  } catch {
    return null;
  }
}

/** Resolves to the receiver's answer about its state: its status and its text; to null without one. */
export async function health({ env }, token) {
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const answer = await env.RECEIVER.fetch("https://receiver/healthz", { headers, signal });
    return [answer.status, await answer.text()];
  } catch {
    return null;
  }
}

/** Runs a statement, and returns its rows, each as an array. */
export const rows = (storage, query, args) => [...storage.sql.exec(query, ...args).raw()];

/** Returns the bytes that an object's rows take. */
export const bytes = ({ sql }) => sql.databaseSize;

/** Makes the secret of a token. */
export const newSecret = () =>
  `orderhook_${crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true })}`;

/** Returns a batch's queue. */
export const queueOf = ({ queue }) => queue;

/** Returns the ids of a batch's messages. */
export const idsOf = ({ messages }) => messages.map(({ id }) => id);

/** Returns how often each message of a batch was handed over, this time included. */
export const attemptsOf = ({ messages }) => Uint32Array.from(messages, ({ attempts }) => attempts);

/** Returns the messages of a batch as JSON texts; undefined for one that JSON cannot express. */
export const textsOf = ({ messages }) => messages.map(({ body }) => jsonOf(body));

function jsonOf(body, replacer) {
  try {
    return JSON.stringify(body, replacer);
  } catch {
    return undefined;
  }
}

/**
 * Returns what the message at a place is, and its content in this form: `json`, `text`, `base64`, or
 * `other`, which describes a message that none of these can express.
 */
export function contentOf({ messages }, place) {
  const { body } = messages[place];
  if (typeof body === "string") return ["text", body];
  if (isBytes(body)) return ["base64", bytesOf(body).toBase64()];
  const text = jsonOf(body);
  return text !== undefined && isWhole(body) ? ["json", text] : ["other", described(body)];
}

/** Returns whether the JSON text of a value says all of it. It does not recurse: a value may be deep. */
function isWhole(body) {
  const values = [body];
  for (const value of values) {
    if (isLost(value)) return false;
    if (typeof value === "object" && value !== null)
      for (const part of Object.values(value)) values.push(part);
  }
  return true;
}

/** Returns whether JSON has nothing for a value. */
function isLost(value) {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return typeof value === "bigint";
  return !Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype;
}

/** Describes a value that JSON cannot express: as JSON in which words stand for what it has none for. */
function described(body) {
  const seen = new Set();
  const text = jsonOf(body, (_, value) => {
    if (typeof value === "object" && value !== null) {
      if (seen.has(value)) return "seen before";
      seen.add(value);
    }
    if (value instanceof Map || value instanceof Set) return [...value];
    if (isBytes(value)) return bytesOf(value).toBase64();
    return value === undefined || isLost(value) ? String(value) : value;
  });
  return text ?? Object.prototype.toString.call(body);
}

const isBytes = (body) => body instanceof ArrayBuffer || ArrayBuffer.isView(body);

/** Returns the bytes of a buffer, or those that a view shows of its buffer. */
const bytesOf = (body) =>
  ArrayBuffer.isView(body)
    ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
    : new Uint8Array(body);

/** The batches that have left their queue. */
const gone = new WeakSet();

/** Lets a batch leave its queue: all its messages are acknowledged. */
export const leave = (batch) => void gone.add(batch);

/**
 * Acknowledges each message of a batch whose decision is negative. Any other decision is the
 * seconds after which the message is redelivered. A batch that has left its queue is acknowledged
 * already.
 */
export function settle(batch, decisions) {
  if (gone.has(batch)) return;
  const { messages } = batch;
  for (const [at, message] of messages.entries()) {
    if (decisions[at] < 0) message.ack();
    else message.retry({ delaySeconds: decisions[at] });
  }
}

/** Hands texts to journals: to each of `names` those whose places are listed in `places`. */
export const take = ({ env }, names, texts, places) =>
  each(names, (name, at) =>
    env.JOURNAL.getByName(name).take(Array.from(places[at], (place) => texts[place])),
  );

/** Asks journals: each of `names` the question at its place. */
export const askJournals = ({ env }, names, questions) =>
  each(names, (name, at) => env.JOURNAL.getByName(name).ask(questions[at]));

/** Lets journals take steps with deliveries: each of `names`, or of the ids `names`, the step at its place. */
export const deliver = ({ env }, names, steps, areIds) =>
  each(names, (name, at) => journalOf(env, name, areIds).deliver(steps[at]));

/** Gives journals a newer copy of the endpoints. */
export const setEndpoints = ({ env }, names, endpoints) =>
  each(names, (name) => env.JOURNAL.getByName(name).setEndpoints(endpoints));

export const journalOf = ({ JOURNAL }, name, isId) =>
  isId ? JOURNAL.get(JOURNAL.idFromString(name)) : JOURNAL.getByName(name);

/** Opens a socket that follows a journal. Resolves to its response. */
export const watchJournal = ({ env }, name, watcher) =>
  within(() =>
    env.JOURNAL.getByName(name).fetch(`https://journal/?${new URLSearchParams({ watcher })}`, {
      headers: { upgrade: "websocket" },
    }),
  );

/** Sets the lost alarms of journals again. */
export const checkJournals = ({ env }, names) =>
  each(names, (name) => env.JOURNAL.getByName(name).check());

/** Sets the lost alarm of the registry again. */
export const checkRegistry = ({ env }) =>
  each(["registry"], (name) => env.REGISTRY.getByName(name).check());

/** Asks the registry. */
export const askRegistry = ({ env }, question) =>
  each(["registry"], (name) => env.REGISTRY.getByName(name).ask(question));

/** Resolves to what each call came to: `[true, answer]`, or `[false, error]`. */
async function each(names, work) {
  const ends = await Promise.allSettled(names.map((name, at) => within(() => work(name, at))));
  return ends.map(({ status, value, reason }) =>
    status === "fulfilled" ? [true, value] : [false, reason],
  );
}

/** Waits for `work`, but no longer than the deadline. */
export async function within(work, ms = DEADLINE_MS, text = "a Durable Object took too long") {
  let timer;
  const late = new Promise((_, reject) => {
    // Marked as the runtime marks the error of an object that is not reached.
    const error = Object.assign(new Error(text), { retryable: true });
    timer = setTimeout(() => reject(error), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Logs a line at a level. */
export const log = (level, line) => console[level](line);

/** Makes a response of a text. `name` and `value` are one more header, if given. */
export function answer(status, type, text, name, value) {
  const headers = { "cache-control": "no-store" };
  if (text !== undefined) headers["content-type"] = type;
  if (name !== undefined) headers[name] = value;
  return new Response(text, { status, headers });
}
