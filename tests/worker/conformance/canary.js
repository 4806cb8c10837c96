// SCN-016: values that are in a delivery's body, headers and address, and in the errors of its queue and its KV. They are in no
// answer and in no line of the log.
import assert from "node:assert/strict";
import { SECRETS } from "../../support/accounts.js";
import { MAX_BODY_BYTES, startConsuming } from "./receivers.js";
import { delivery, fresh, retryOf, withHeaders } from "./senders.js";
import { setModes } from "./stand-ins.js";

const IN_BODY = ["name", "phone", "note", "key"];
const ELSEWHERE = ["header", "cookie", "agent", "query", "path", "tag"];

/** Returns a value for each place, which is nowhere else. */
const canaries = () =>
  Object.fromEntries(
    [...IN_BODY, ...ELSEWHERE].map((place) => [place, `canary-${place}-${fresh()}`]),
  );

function markedDelivery(sender, { name, phone, note, key, header, cookie, agent, query }) {
  const more = { customer: { name, phone, address: name, city: name }, notes: note, [key]: note };
  const headers = {
    authorization: `Bearer ${header}`,
    cookie: `session=${cookie}`,
    "user-agent": agent,
    "x-name": header,
  };
  return delivery(sender, { more, headers, path: `${sender.path}?customer=${query}` });
}

/** Returns every kind of request that can be made of a delivery, with the status that it is answered with. */
function requestsOf(sender, sent, { path, query, tag }) {
  const other = (given) => delivery(sender, { ...sent.given, ...given });
  return [
    [sent, 202],
    [retryOf(sender, sent), 200],
    [other({ id: fresh(), body: sent.body.slice(1) }), 202],
    [{ ...sent, body: `${sent.body} ` }, 401],
    [other({ secret: sender.otherSecret }), 401],
    [withHeaders(sent, { [sender.signatureHeaders.at(-1)]: tag }), 401],
    [other({ body: sent.body.padEnd(MAX_BODY_BYTES + 1) }), 413],
    [{ ...sent, path: `/hooks/${path}` }, 404],
    [{ ...sent, path: `${sender.path}/${path}` }, 404],
    [{ ...sent, method: "PUT" }, 405],
    [{ ...sent, method: "GET", body: undefined }, 200],
    [{ ...sent, method: "GET", body: undefined, path: `/healthz?customer=${query}` }, 401],
    [
      {
        ...sent,
        method: "GET",
        body: undefined,
        path: `/healthz?customer=${query}`,
        headers: withoutAuthorization(sent.headers),
      },
      200,
    ],
  ];
}

const withoutAuthorization = ({ authorization, ...headers }) => headers;

/** The modes of a KV and a queue that fail with the request's own bytes as their error; and the answers. */
const FAULTS = [
  [{ look: "fails", mark: "fails", send: "fails" }, 503],
  [{ look: "fails", mark: "fails" }, 202],
];

/** Sends a request. Returns the answer's headers and body as one text. */
async function send(worker, { method = "POST", path, headers, body }, status) {
  const answer = await worker.send({ method, path, headers, body });
  assert.equal(answer.status, status, answer.text);
  return `${JSON.stringify(answer.headers)}\n${answer.text}`;
}

/** Returns the ways to write a value: plain, percent-encoded, in hex, and in base64 at each offset within a longer text. */
function formsOf(value) {
  const bytes = Buffer.from(value);
  const inBase64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  return [value, encodeURIComponent(value), bytes.toString("hex"), ...inBase64];
}

const find = (values, text) =>
  values.filter((value) => formsOf(value).some((form) => text.includes(form)));

/** Returns the tags of requests, without their version. */
const tagsOf = ({ signatureHeaders }, requests) =>
  requests.map(({ headers }) => headers[signatureHeaders.at(-1)].replace("v1,", ""));

async function search({ worker }, sender) {
  const { failing } = worker;
  const values = canaries();
  const sent = markedDelivery(sender, values);
  const requests = requestsOf(sender, sent, values);
  const answers = [];
  for (const [request, status] of requests) answers.push(await send(worker, request, status));
  for (const [modes, status] of FAULTS) {
    setModes(failing, modes);
    answers.push(await send(failing, sent, status));
  }
  const [{ id, data }] = await worker.events();
  const inBody = IN_BODY.map((place) => values[place]);
  assert.deepEqual(find(inBody, data.payload), inBody, "the event has the whole body");

  // Once the lines of the last delivery are there, those of all others are.
  const last = delivery(sender);
  answers.push(await send(worker, last, 202));
  await worker.logged((line) => line.at === "event" && line.id.includes(last.order));
  await failing.output.untilNth(FAULTS.length, (line) => line.includes(id));
  assert.equal(
    worker.lines().filter((line) => line.at === "event" && line.id === id).length,
    1,
    "one event",
  );

  const text = [...answers, ...worker.output.entries, ...failing.output.entries].join("\n");
  const present = [id, "signature_mismatch", "body_too_large", "queue_unavailable"];
  assert.deepEqual(find(present, text), present, "the search finds what is there");
  const tags = tagsOf(
    sender,
    requests.map(([request]) => request),
  );
  assert.deepEqual(find([...Object.values(values), ...Object.values(SECRETS), ...tags], text), []);
}

export const CANARY = {
  name: "SCN-016 redaction-canary",
  start: startConsuming,
  cases: {
    "no value of a body, header or address, no signature and no secret is in an answer or the log":
      search,
  },
};
