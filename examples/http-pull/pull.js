// Takes order events off the queue by HTTP, keeps each in a file, and acknowledges those that it kept. It ends when the queue is
// empty. Run it from time to time: node pull.js
import { createHash } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";

const { ACCOUNT_ID, QUEUE_ID, SEEN_ID, QUEUES_TOKEN } = process.env;
const { API = "https://api.cloudflare.com/client/v4", FOLDER = "events" } = process.env;

// Messages that are not acknowledged within this time are redelivered.
const VISIBLE_AGAIN_MS = 60_000;
const BATCH = 10;

await mkdir(FOLDER, { recursive: true, mode: 0o700 });
for (;;) {
  const messages = await pull();
  if (messages.length === 0) break;
  const kept = [];
  for (const { body, lease_id } of messages) {
    try {
      await keep(eventIn(body));
      kept.push({ lease_id });
    } catch (error) {
      // The message is redelivered, and becomes a dead letter after the consumer's number of retries.
      console.error(error.message);
      process.exitCode = 1;
    }
  }
  if (kept.length > 0) await acknowledge(kept);
  console.log(`${kept.length} of ${messages.length} events kept`);
}

/** Returns the next messages. */
async function pull() {
  const { messages } = await queue("pull", {
    batch_size: BATCH,
    visibility_timeout_ms: VISIBLE_AGAIN_MS,
  });
  return messages;
}

/** Takes messages off the queue for good. */
async function acknowledge(acks) {
  await queue("ack", { acks, retries: [] });
}

async function queue(operation, body) {
  const response = await ask(`queues/${QUEUE_ID}/messages/${operation}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()).result;
}

async function ask(path, { headers, ...options } = {}) {
  const response = await fetch(`${API}/accounts/${ACCOUNT_ID}/${path}`, {
    ...options,
    headers: { ...headers, authorization: `Bearer ${QUEUES_TOKEN}` },
  });
  if (!response.ok) throw new Error(`Cloudflare answered ${response.status}`);
  return response;
}

/** Returns the event in a message's body. JSON comes in base64, or as it is. */
function eventIn(body) {
  const text = body.startsWith("{") ? body : Buffer.from(body, "base64").toString();
  try {
    const event = JSON.parse(text);
    if (typeof event.source === "string" && typeof event.id === "string") return event;
  } catch {
    // The error would repeat a part of the message.
  }
  throw new Error("a message is not an event");
}

/** Writes an event into a file named after its identity, so an event that comes twice is there once. */
async function keep(event) {
  const identity = JSON.stringify([event.source, event.id]);
  const name = createHash("sha256").update(identity).digest("hex");
  const { payload_ref: key } = event.data;
  // The body of an event that was too large for the queue.
  if (key) await write(`${name}.body`, await payload(key));
  await write(`${name}.json`, JSON.stringify(event));
}

async function payload(key) {
  const path = `storage/kv/namespaces/${SEEN_ID}/values/${encodeURIComponent(key)}`;
  const body = Buffer.from(await (await ask(path)).arrayBuffer());
  // The key ends with the body's SHA-256.
  if (key.endsWith(createHash("sha256").update(body).digest("hex"))) return body;
  throw new Error("the body of an event is not the one that was kept");
}

/** Writes a file that appears only when it is complete. */
async function write(name, content) {
  await writeFile(`${FOLDER}/${name}.part`, content, { mode: 0o600 });
  await rename(`${FOLDER}/${name}.part`, `${FOLDER}/${name}`);
}
