// Cloudflare's API for queues, as its pages describe it. It replaces the real one, which tests cannot reach.
import { createHash, randomUUID } from "node:crypto";
import { ApiServer } from "./api-server.js";

export const TOKEN = "cf-token-3f9a1c7e5b2d";
export const ACCOUNT = "0123456789abcdef0123456789abcdef";

const LIMITS = { messages: 100, messageBytes: 128_000, batchBytes: 256_000, peek: 100 };

const problem = (status, code, message, headers = {}) => ({
  status,
  headers,
  errors: [{ code, message }],
});
export const UNKNOWN_ERROR = problem(500, 15000, "Unknown error");
export const tooMany = (headers) => problem(429, 10250, "Queue is overloaded", headers);
/** The connection breaks: before the request is processed, or afterwards. */
export const BROKEN = { broken: "before" };
export const BROKEN_AFTER = { broken: "after" };

export class QueuesApi extends ApiServer {
  accounts = [{ id: ACCOUNT, name: "Shop" }];
  /** The requests, in order: the queue's name and the operation. */
  asked = [];
  #queues = new Map();
  #refs = new Map();
  #answers = [];

  get base() {
    return `${this.origin}/client/v4`;
  }

  /** Empties everything, and makes the queues. */
  reset(...names) {
    this.accounts.splice(1);
    this.asked = [];
    this.#answers = [];
    this.#refs.clear();
    this.#queues = new Map(names.map((name) => [name, []]));
  }

  messages = (name) => this.#queues.get(name);
  /** Returns the texts of a queue's messages. */
  texts = (name) => this.messages(name).map(({ text }) => text);

  /** Puts a message in: `type` is its content type. */
  put(
    name,
    text,
    { type = "json", id = randomUUID().replaceAll("-", ""), timestamp_ms = 1_700_000_000_000 } = {},
  ) {
    this.messages(name).push({ id, timestamp_ms, attempts: 1, type, text });
    return id;
  }

  /** Replaces the answer to the nth request of an operation by `answer`, and to `times` of them in all. */
  answer(operation, answer, { nth = 1, times = 1 } = {}) {
    this.#answers.push({ operation, answer, from: nth, to: nth + times - 1, seen: 0 });
  }

  /** By operation, a function that runs afterwards. */
  after = {};

  serve(request, response, sent) {
    const outcome = this.#outcome(request, sent.toString());
    if (outcome.broken) return request.socket.destroy();
    const { status = 200, headers = {}, errors = [], result = null } = outcome;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ success: errors.length === 0, errors, messages: [], result }));
  }

  #outcome({ method, url, headers }, body) {
    if (headers.authorization !== `Bearer ${TOKEN}`)
      return problem(403, 10000, "Authentication error");
    const { pathname, searchParams } = new URL(url, "http://api");
    const path = pathname.replace("/client/v4", "");
    if (path === "/accounts") return { result: this.accounts };
    const [, account, id, operation] =
      path.match(/^\/accounts\/([^/]+)\/queues(?:\/([^/]+)\/(.+))?$/) ?? [];
    if (account !== ACCOUNT) return problem(404, 7003, "No route for the URI");
    const name = id && [...this.#queues.keys()].find((name) => idOf(name) === id);
    if (id && !name) return problem(404, 10104, "Queue does not exist");
    const what = id ? `${method} ${operation}` : `${method} queues`;
    this.asked.push(id ? `${name} ${operation}` : what);
    const other = this.#answers.find(
      (answer) => answer.operation === (operation ?? "queues") && within(answer),
    );
    if (other && other.answer !== BROKEN_AFTER) return other.answer;
    const done = this.#do(what, name, { body, searchParams, type: headers["content-type"] });
    this.after[operation]?.(body);
    return other ? other.answer : done;
  }

  #do(what, name, { body, searchParams, type }) {
    if (what.startsWith("POST") && type !== "application/json")
      return problem(400, 10208, "not JSON");
    const operations = {
      "GET queues": () => this.#list(searchParams.get("name") ?? ""),
      "GET metrics": () => ({ result: metricsOf(this.messages(name)) }),
      "POST messages/peek": () => this.#peek(name, JSON.parse(body)),
      "POST messages/purge": () => this.#purge(name, JSON.parse(body)),
      "POST messages/batch": () => this.#push(name, body),
    };
    return operations[what]?.() ?? problem(404, 7003, "No route for the URI");
  }

  #list(part) {
    const names = [...this.#queues.keys()].filter((name) => name.includes(part));
    return {
      result: names.map((name) => ({
        queue_id: idOf(name),
        queue_name: name,
        consumers: [],
        producers: [],
      })),
    };
  }

  #peek(name, { batch_size = 5 }) {
    if (batch_size > LIMITS.peek) return problem(400, 10206, "Batch count out of bounds");
    const messages = this.messages(name).slice(0, batch_size);
    return { result: { messages: messages.map((message) => this.#peeked(message)) } };
  }

  #peeked({ id, timestamp_ms, attempts, type, text }) {
    const ref = `ref-${randomUUID()}`;
    this.#refs.set(ref, id);
    const body = type === "text" ? text : Buffer.from(text).toString("base64");
    return {
      id,
      ref,
      timestamp_ms,
      attempts,
      body,
      metadata: { "CF-Content-Type": type, "CF-sourceMessageSource": "worker" },
    };
  }

  #purge(name, { refs }) {
    const warnings = {};
    for (const { ref } of refs) {
      const at = this.messages(name).findIndex(({ id }) => id === this.#refs.get(ref));
      if (at < 0) warnings[ref] = "the ref is not valid any more";
      else this.messages(name).splice(at, 1);
    }
    return { result: { errors: [], warnings } };
  }

  /** Forgets the refs that it has given for a message. */
  forget(message) {
    for (const [ref, id] of this.#refs) if (id === message) this.#refs.delete(ref);
  }

  #push(name, body) {
    const { messages } = JSON.parse(body);
    // Keeps the message to the byte: no message of the tests contains this text.
    const texts = [...body.matchAll(/\{"body":(.*?),"content_type":"(?:json|text)"\}/gs)].map(
      ([, text]) => text,
    );
    const sizes = texts.map((text) => Buffer.byteLength(text) + 100);
    if (messages.length === 0 || messages.length > LIMITS.messages)
      return problem(400, 10206, "Batch count out of bounds");
    if (sizes.some((size) => size > LIMITS.messageBytes))
      return problem(413, 10204, "Message size out of bounds");
    if (sizes.reduce((sum, size) => sum + size, 0) > LIMITS.batchBytes)
      return problem(413, 10205, "Batch size out of bounds");
    for (const [index, { body, content_type: type }] of messages.entries())
      this.put(name, type === "text" ? body : texts[index], { type });
    return { result: null };
  }
}

const metricsOf = ({ length }) => ({
  backlog_count: length,
  backlog_bytes: 0,
  oldest_message_timestamp_ms: 0,
});
const idOf = (name) => createHash("sha256").update(name).digest("hex").slice(0, 32);

function within(answer) {
  answer.seen += 1;
  return answer.seen >= answer.from && answer.seen <= answer.to;
}
