// What dispatch posts, in the hands of others: the published libraries of Standard Webhooks verify it, the SDK of CloudEvents reads it,
// and the examples of docs/endpoints.md run as they stand there. `.ci/long api` does the same in Python and Rust.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Verifier } from "../../pkg/node.js";
import { makeProject } from "../consumers/project.js";
import { HTTP, SvixWebhook, Webhook } from "../consumers/receivers.js";
import { block } from "../support/readme.js";
import { isText, makeDeliveries } from "./strangers/deliveries.js";
import { FORGERIES } from "./strangers/forgeries.js";

const DOCS = readFileSync(new URL("../../docs/endpoints.md", import.meta.url), "utf8");
const OTHER = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;

let deliveries;
before(async () => (deliveries = await makeDeliveries()));

const isJson = ({ format, event }) =>
  format === "cloudevents" || (event.data.payload ?? "").startsWith("{");

/** Each verifier returns the value of the body, and throws if the message is not genuine. */
const VERIFIERS = {
  standardwebhooks: {
    verify: (secret, delivery) => ofLibrary(Webhook, secret, delivery),
    takes: isText,
  },
  svix: { verify: (secret, delivery) => ofLibrary(SvixWebhook, secret, delivery), takes: isText },
  orderhook: {
    verify: (secret, { headers, bytes: body }) =>
      new Verifier({ provider: "standard-webhooks", secrets: secret }).verify({ headers, body }),
    takes: () => true,
  },
};

const ofLibrary = (Library, secret, delivery) =>
  new Library(secret).verify(delivery.bytes, delivery.headers, { jsonParse: isJson(delivery) });

for (const [name, { verify, takes }] of Object.entries(VERIFIERS))
  test(`${name} verifies every message with each of its secrets, and nothing else`, () => {
    const taken = deliveries.filter(takes);
    assert.ok(taken.length >= deliveries.length - 1);
    for (const delivery of taken) {
      for (const secret of delivery.secrets) verify(secret, delivery);
      assert.throws(() => verify(OTHER, delivery), delivery.name);
      for (const [what, forge] of Object.entries(FORGERIES))
        assert.throws(
          () => verify(delivery.secrets[0], forge(delivery)),
          `${delivery.name}, ${what}`,
        );
    }
    const rotated = deliveries.find((delivery) => delivery.name.endsWith("rotated"));
    assert.equal(new Set(rotated.secrets).size, 2);
  });

test("libraries that take text refuse bytes that are none, as the page says", () => {
  const [bytes, ...more] = deliveries.filter((delivery) => !isText(delivery));
  assert.equal(more.length, 0);
  for (const name of ["standardwebhooks", "svix"])
    assert.throws(() => VERIFIERS[name].verify(bytes.secrets[0], bytes), name);
});

const plain = (value) => JSON.parse(JSON.stringify(value));

test("the SDK of CloudEvents reads every event, and finds in it what was taken", () => {
  const events = deliveries.filter(({ format }) => format === "cloudevents");
  for (const { name, headers, bytes, event } of events) {
    const read = HTTP.toEvent({ headers, body: bytes.toString() });
    assert.equal(read.validate(), true, name);
    const { time, orderhookverdict, ...rest } = plain(read);
    const { time: sent, orderhookverdict: _, ...expected } = plain(event);
    assert.deepEqual(rest, expected, name);
    assert.equal(Date.parse(time), Date.parse(sent), name);
    const isOfOrder = event.type === "orderhook.order.status.v1" && !event.data.test;
    assert.equal(orderhookverdict !== undefined, isOfOrder, name);
  }
  const verdicts = events.map(({ bytes }) => JSON.parse(bytes).orderhookverdict);
  assert.ok(verdicts.includes("fresh") && verdicts.includes("repeat"), verdicts.join());
});

test("a message has the id that belongs to its event alone", () => {
  const ids = deliveries.map(({ headers }) => headers["webhook-id"]);
  for (const id of ids) assert.match(id, /^msg_[a-z2-7]{52}$/);
  assert.equal(new Set(ids).size, ids.length);
});

describe("the examples of docs/endpoints.md", () => {
  let project;
  before(() => (project = makeProject("endpoints")));
  after(() => project?.remove());

  for (const name of ["verify-javascript", "verify-orderhook"])
    test(`${name} takes each event, and refuses what is forged`, async () => {
      const events = deliveries.filter(({ format }) => format === "cloudevents");
      for (const [at, delivery] of events.entries()) {
        // It reads its secret when it is imported.
        project.write(`${name}-${at}.js`, block(name, DOCS));
        process.env.ORDERHOOK_SECRET = delivery.secrets[0];
        const { receive } = await import(pathToFileURL(join(project.folder, `${name}-${at}.js`)));
        const event = receive(delivery.bytes, delivery.headers);
        assert.equal(event.id, delivery.event.id);
        for (const forge of Object.values(FORGERIES)) {
          const { bytes, headers } = forge(delivery);
          assert.throws(() => receive(bytes, headers), delivery.name);
        }
      }
    });
});
