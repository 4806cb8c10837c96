// A body that never ends: the request is answered once its time is over, rather than kept open.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { json } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { DISPATCH_TOKEN, startDispatch } from "../support/dispatch.js";
import { PATIENCE_MS } from "../support/journal.js";

let dispatch;
before(async () => (dispatch = await startDispatch()));
after(() => dispatch.stop());

/** Sends the beginning of a body, and keeps the request open. Returns the answer's status, code and detail. */
async function begin(path, headers) {
  const { hostname, port } = dispatch.url;
  const request = http.request({
    ...{ hostname, port, method: "POST", path },
    headers: { "content-type": "application/json", "content-length": 100, ...headers },
  });
  request.setTimeout(PATIENCE_MS, () => request.destroy(new Error(`${path} was not answered`)));
  request.write('{"name":');
  try {
    const [response] = await once(request, "response");
    const { code, detail } = await json(response);
    return [response.statusCode, code, detail];
  } finally {
    request.destroy();
  }
}

test("a caller that does not end its body gets an answer all the same", async () => {
  const authorization = `Bearer ${DISPATCH_TOKEN}`;
  const answers = await Promise.all([
    begin("/v1/tokens", { authorization }),
    begin("/v1/tokens", { authorization, "idempotency-key": "a-key" }),
    // Anyone may send this body, since it has the token.
    begin("/v1/session", { origin: dispatch.url.origin }),
  ]);
  const late = [400, "invalid_body", "the body did not come within 10 seconds"];
  assert.deepEqual(answers, [late, late, late]);
});
