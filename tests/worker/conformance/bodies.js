// SCN-012: malformed bodies. The suite expects a body that cannot be parsed to be refused. orderhook
// refuses a body that is not authentic, or too large. It queues an authentic body that it does not understand whole, as an
// unrecognized event, so that no event is lost when a provider changes its format.
import assert from "node:assert/strict";
import { startWorking } from "./receivers.js";
import { delivery, fresh, retryOf } from "./senders.js";

/** By defect: a body that is not JSON, made from one that is. */
const NOT_JSON = {
  "cut off": (body) => body.slice(0, body.length >> 1),
  "with an invalid escape": (body) => body.replace("delivered", "\\x"),
  "with a trailing comma": (body) => body.replace(/}$/, ",}"),
  "with a second value behind it": (body) => `${body}{}`,
  empty: () => "",
};

/** By defect: a body that is JSON of a wrong type, and why it is not recognized. */
const WRONG_TYPES = {
  "an object as the order's id": ({ body }) => [
    body({ order: { id: fresh() }, status: "delivered" }),
    "missing_field",
  ],
  "a list as the status": ({ body }) => [body({ order: fresh(), status: [] }), "missing_field"],
  "a list as the whole": () => [JSON.stringify([fresh()]), "unexpected_shape"],
};

async function assertUnrecognized({ run }, sender, body, reason) {
  const sent = delivery(sender, { body });
  const { id } = await run.post(sent, "202 accepted");
  await run.post(retryOf(sender, sent), "200 duplicate");
  const [{ type, subject, data }] = await run.assertEvents([id]);
  assert.deepEqual([type, subject], ["orderhook.delivery.unrecognized.v1", undefined]);
  assert.deepEqual([data.reason.code, data.payload], [reason, body]);
  const lines = await run.assertLog();
  assert.deepEqual(
    lines.map(({ recognized }) => recognized),
    [false, undefined],
  );
}

const notJsonCases = Object.fromEntries(
  Object.entries(NOT_JSON).map(([defect, malform]) => [
    `signed, not JSON (${defect}): 202, one unrecognized event with the whole body`,
    (context, sender) =>
      assertUnrecognized(context, sender, malform(delivery(sender).body), "not_json"),
  ]),
);

const wrongTypeCases = Object.fromEntries(
  Object.entries(WRONG_TYPES).map(([defect, make]) => [
    `signed, ${defect}: 202, one unrecognized event with the whole body`,
    (context, sender) => assertUnrecognized(context, sender, ...make(sender)),
  ]),
);

async function refuseUnsigned({ run }, sender) {
  const sent = delivery(sender);
  const bodies = Object.values(NOT_JSON).map((malform) => malform(sent.body));
  for (const body of bodies) await run.post({ ...sent, body }, "401 signature_mismatch");
  await run.assertEvents([]);
  await run.assertLog();
}

const CONTENT_TYPES = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "application/json; charset=utf-16",
  "nonsense",
];

const ignoreContentType =
  (type) =>
  async ({ run }, sender) => {
    const sent = delivery(sender, { headers: { "content-type": type } });
    const { id } = await run.post(sent, "202 accepted");
    const [event] = await run.assertEvents([id]);
    assert.deepEqual([event.type, event.data.payload], ["orderhook.order.status.v1", sent.body]);
    await run.assertLog();
  };

const contentTypeCases = Object.fromEntries(
  CONTENT_TYPES.map((type) => [
    `the content type ${type}: 202, one event as with any other`,
    ignoreContentType(type),
  ]),
);

/** Makes a delivery whose body has so many bytes. */
function sized(sender, bytes) {
  const order = fresh();
  const { length } = delivery(sender, { order, more: { padding: "" } }).body;
  return delivery(sender, { order, more: { padding: "p".repeat(bytes - length) } });
}

async function takeLarge({ run, worker }, sender) {
  const sent = sized(sender, 900_000);
  const { id } = await run.post(sent, "202 accepted");
  await run.post(retryOf(sender, sent), "200 duplicate");
  const [{ type, data }] = await run.assertEvents([id]);
  assert.equal(type, "orderhook.order.status.v1");
  const kept = await (await worker.kv()).get(data.payload_ref);
  assert.ok(kept === sent.body, "the payload in KV is the body");
  await run.assertLog();
}

/** Sends a body that is too large, or the head of it. A connection that is closed while more is sent may lose the answer. */
const refuseTooLarge =
  ({ headAlone }) =>
  async ({ run }, sender) => {
    const sent = sized(sender, 1_500_000);
    const { socket, closed } = run.write(sent, { missing: headAlone ? sent.body.length : 0 });
    socket.end();
    run.expect(sent, "413 body_too_large");
    await run.assertLog();
    const { answers } = await closed;
    if (headAlone) assert.equal(answers.length, 1);
    for (const { status, text } of answers)
      assert.deepEqual([status, JSON.parse(text).code], [413, "body_too_large"]);
    await run.assertEvents([]);
  };

export const MALFORMED_BODY = {
  name: "SCN-012 malformed-body-and-content-type",
  start: startWorking,
  cases: {
    ...notJsonCases,
    ...wrongTypeCases,
    "not JSON, and not as it was signed: 401, no event": refuseUnsigned,
    ...contentTypeCases,
    "900 KB: 202, one event, whose payload is whole in KV": takeLarge,
    "1.5 MB: 413, no event": refuseTooLarge({ headAlone: false }),
    "1.5 MB announced, and not sent yet: 413, no event": refuseTooLarge({ headAlone: true }),
  },
};
