// A delivery of another orderhook carries the number of those that its event has passed. One that goes in a circle is refused.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

let worker;
before(async () => (worker = await start({ vars: { SOURCES }, secrets: SECRETS })));
after(() => worker.stop());

let count = 0;

/** Posts a delivery with a number of hops. Returns the answer, and the events that came of it. */
async function deliver(hops, secret = SECRETS.WAKILNI_SECRET) {
  const body = JSON.stringify({
    ...{ event_id: `hops-${++count}`, event: "Order Created", data: { order_id: 1 } },
  });
  const more = hops === undefined ? {} : { "orderhook-hop": hops };
  const headers = { ...sign.wakilni(secret, body), ...more };
  const answer = await worker.post(hook("wakilni"), body, headers);
  return { answer, events: await worker.events() };
}

for (const [hops, expected] of [
  [undefined, undefined],
  ["1", 1],
  ["5", 5],
  // What no orderhook sends counts for nothing: the delivery is authentic all the same.
  ["", undefined],
  ["0", undefined],
  ["-1", undefined],
  ["many", undefined],
])
  test(`a delivery with the hops ${hops} is taken`, async () => {
    const { answer, events } = await deliver(hops);
    assert.equal(answer.status, 202, answer.text);
    assert.deepEqual(
      events.map(({ orderhookhop }) => orderhookhop),
      [expected],
    );
  });

for (const hops of ["6", "1000000000000", "Infinity"])
  test(`a delivery with the hops ${hops} is refused`, async () => {
    const { answer, events } = await deliver(hops);
    assert.deepEqual([answer.status, answer.json.code], [508, "too_many_hops"]);
    assert.deepEqual(events, []);
  });

test("without the signature's header, the hops are not looked at", async () => {
  const answer = await worker.post(hook("wakilni"), "{}", { "orderhook-hop": "6" });
  assert.deepEqual([answer.status, answer.json.code], [401, "missing_signature"]);
});
