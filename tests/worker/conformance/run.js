// One run of a scenario: it posts deliveries, and holds their answers against the events and the log.
import assert from "node:assert/strict";
import { codeOf } from "../faults/answers.js";
import { assertEvent } from "../../support/schema.js";
import { connect, head, lines } from "../../support/wire.js";

/** The log's outcome for each code that is not `refused`. Lines with these codes name an event. */
const OUTCOMES = {
  accepted: "accepted",
  duplicate: "duplicate",
  copy_in_progress: "held",
  queue_unavailable: "failed",
};

/** The codes of bodies whose length is not known: a delivery is refused for its headers before its body is read. */
const UNREAD = [
  "missing_signature",
  "malformed_signature",
  "timestamp_out_of_tolerance",
  "body_unreadable",
];

const isDeliveryLine = (text) => text.startsWith('{"at":"delivery"');

const deliveryLines = (worker) => worker.lines().filter(({ at }) => at === "delivery");

export class Run {
  /** The answers so far, and those that no client received. */
  answers = [];
  #worker;
  #sender;
  #linesBefore;

  constructor(worker, sender) {
    this.#worker = worker;
    this.#sender = sender;
    this.#linesBefore = deliveryLines(worker).length;
  }

  /**
   * Posts a delivery to an isolate, by default to the first. Returns the answer's `words`, its status and its code as in
   * "202 accepted", and the event's `id`.
   */
  async post(delivery, expected, isolate = this.#worker) {
    const { path, body, headers } = delivery;
    const answer = this.#keep(delivery, await isolate.post(path, body, headers));
    if (expected !== undefined) assert.equal(answer.words, expected);
    return answer;
  }

  /** Writes a delivery, without its last `missing` bytes, to a connection of its own. */
  write({ path, body, headers }, { missing = 0 } = {}) {
    const { socket, closed } = connect(this.#worker);
    const start = ["host: hooks.example", ...lines(headers), `content-length: ${body.length}`];
    const request = head(`POST ${path} HTTP/1.1`, start) + body;
    socket.write(request.slice(0, request.length - missing));
    return { socket, closed };
  }

  /** Notes an answer that the Worker gives to a delivery that was written. */
  expect(delivery, words) {
    this.answers.push({ words, bytes: Buffer.byteLength(delivery.body) });
  }

  #keep({ body }, answer) {
    assertForm(answer);
    const kept = {
      words: `${answer.status} ${codeOf(answer)}`,
      id: answer.json.id,
      bytes: Buffer.byteLength(body),
    };
    this.answers.push(kept);
    return kept;
  }

  words() {
    return this.answers.map(({ words }) => words);
  }

  /** Asserts that these events, and no others, came out of the queue since the last call. Returns them. */
  async assertEvents(ids) {
    const events = await this.#worker.events();
    events.forEach(assertEvent);
    assert.deepEqual(
      events.map(identityOf),
      ids.map((id) => `/hooks/${this.#sender.source} ${id}`),
    );
    return events;
  }

  /** Resolves to the lines of the log that belong to this run, once there are `n`. */
  async logged(n) {
    if (n > 0) await this.#worker.output.untilNth(this.#linesBefore + n, isDeliveryLine);
    return deliveryLines(this.#worker).slice(this.#linesBefore);
  }

  /** Asserts that each answer has a line of its own in the log, and that the two agree. Returns the lines. */
  async assertLog() {
    const lines = await this.logged(this.answers.length);
    const left = [...lines];
    for (const answer of this.answers) {
      const at = left.findIndex((line) => agrees(line, answer));
      assert.notEqual(
        at,
        -1,
        `no line for ${JSON.stringify(answer)} in ${JSON.stringify(lines, null, 2)}`,
      );
      left.splice(at, 1);
    }
    assert.deepEqual(left, [], "every line belongs to an answer");
    const { source, provider } = this.#sender;
    for (const line of lines) assert.deepEqual([line.source, line.provider], [source, provider]);
    return lines;
  }
}

/** Returns an event's identity. */
export const identityOf = ({ source, id }) => `${source} ${id}`;

/** Returns whether a line of the log says what was answered. A problem names no event; its line may. */
function agrees({ outcome, code, id, bytes }, answer) {
  const isSameAnswer =
    code === answer.words.split(" ")[1] && outcome === (OUTCOMES[code] ?? "refused");
  const isSameEvent =
    answer.id === undefined ? (id !== null) === code in OUTCOMES : id === answer.id;
  return isSameAnswer && isSameEvent && bytes === (UNREAD.includes(code) ? null : answer.bytes);
}

/** Asserts that an answer has the form that is documented for its status. */
function assertForm({ status, headers, json, text }) {
  assert.equal(
    headers["content-type"],
    status < 400 ? "application/json" : "application/problem+json",
    text,
  );
  if (status >= 400) assert.equal(json.status, status, text);
  if (status === 503)
    assert.ok(Number(headers["retry-after"]) >= 1, `Retry-After: ${headers["retry-after"]}`);
}
