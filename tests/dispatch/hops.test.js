// An event that goes from one orderhook to another carries the number of those that it has passed, and is not sent in a circle for ever.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { startEndpoint } from "../support/endpoint.js";

let dispatch;
let server;
before(async () => {
  server = await startEndpoint();
  dispatch = await startDispatch({ vars: { LOCAL_ENDPOINTS: server.pair } });
  await dispatch.post("/v1/endpoints", { url: server.url });
});
after(async () => {
  await dispatch.stop();
  await server.stop();
});

for (const [hops, expected] of [
  [undefined, "1"],
  [1, "2"],
  [5, "6"],
  ["many", "1"],
  [-1, "1"],
])
  test(`an event with the hops ${JSON.stringify(hops)} is posted with ${expected}`, async () => {
    const sent = { ...event(), orderhookhop: hops };
    await dispatch.take(sent);
    const request = await server.inbox.until(({ body }) => JSON.parse(body).id === sent.id);
    assert.equal(request.headers["orderhook-hop"], expected);
  });
