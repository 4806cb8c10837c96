// A POST that has an `Idempotency-Key` is done once, and its answer is kept for a day, encrypted.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { DISPATCH_TOKEN, startDispatch } from "../support/dispatch.js";
import { assertAnswer } from "../support/openapi.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const URL_A = "https://example.com/hooks?key=in-the-url";

let dispatch;
before(async () => (dispatch = await startDispatch({ around: OPEN })));
after(() => dispatch.stop());

async function post(path, body, key, token = DISPATCH_TOKEN) {
  const answer = await dispatch.send({
    method: "POST",
    path,
    body: body && JSON.stringify(body),
    headers: {
      authorization: `Bearer ${token}`,
      "idempotency-key": key,
      ...(body && { "content-type": "application/json" }),
    },
  });
  assertAnswer("POST", path, answer);
  return answer;
}

const code = ({ status, json }) => [status, json?.code];
const count = async () => (await dispatch.get("/v1/endpoints")).json.endpoints.length;
const rows = () => dispatch.registry("sql", "SELECT key, at, body, status, sealed FROM answers");

test("the same request with the same key makes one endpoint, and gets the same secret", async () => {
  const first = await post("/v1/endpoints", { url: URL_A }, "key-1");
  const again = await post("/v1/endpoints", { url: URL_A }, "key-1");
  assert.equal(first.status, 201, first.text);
  assert.deepEqual([again.status, again.text], [201, first.text]);
  assert.equal(await count(), 1);
  const other = await post("/v1/endpoints", { url: URL_A }, "key-2");
  assert.notEqual(other.json.id, first.json.id);
  assert.equal(await count(), 2);
});

test("a key stands for one body, one path and one token", async () => {
  const first = await post("/v1/endpoints", { url: URL_A }, "key-3");
  const reused = await post("/v1/endpoints", { url: "https://example.org/" }, "key-3");
  assert.deepEqual(code(reused), [422, "idempotency_key_reused"]);
  const rotation = `/v1/endpoints/${first.json.id}/secret/rotate`;
  const rotated = await post(rotation, undefined, "key-3");
  assert.notEqual(rotated.json.secret, first.json.secret);
  assert.equal((await post(rotation, undefined, "key-3")).json.secret, rotated.json.secret);
  const made = await post("/v1/tokens", { name: "other", access: "full" }, "key-3");
  assert.equal(
    (await post("/v1/tokens", { name: "other", access: "full" }, "key-3")).text,
    made.text,
  );
  const before = await count();
  await post("/v1/endpoints", { url: URL_A }, "key-3", made.json.secret);
  assert.equal(await count(), before + 1);
});

test("a refused request is forgotten, and a key that is none is refused", async () => {
  assert.deepEqual(code(await post("/v1/endpoints", { url: "http://example.com/" }, "key-4")), [
    400,
    "invalid_body",
  ]);
  assert.equal((await post("/v1/endpoints", { url: URL_A }, "key-4")).status, 201);
  for (const key of ["a b", "x".repeat(256)])
    assert.deepEqual(code(await post("/v1/endpoints", { url: URL_A }, key)), [
      400,
      "invalid_idempotency_key",
    ]);
});

test("a request that is being answered is not done beside itself", async () => {
  await post("/v1/endpoints", { url: URL_A }, "key-5");
  await dispatch.registry("sql", "UPDATE answers SET status = NULL, sealed = NULL");
  const answer = await post("/v1/endpoints", { url: URL_A }, "key-5");
  assert.deepEqual(code(answer), [409, "request_in_progress"]);
  // One that has not ended for two minutes has failed.
  await dispatch.registry("sql", "UPDATE answers SET at = at - 121000");
  assert.equal((await post("/v1/endpoints", { url: URL_A }, "key-5")).status, 201);
});

test("no key, token, URL or secret is kept in plain, and all is removed after a day", async () => {
  await post("/v1/endpoints", { url: URL_A }, "key-6");
  const kept = JSON.stringify(await rows());
  assert.doesNotMatch(kept, /key-6|example|whsec_|in-the-url/);
  assert.ok(!kept.includes(DISPATCH_TOKEN));
  await dispatch.registry("sql", "UPDATE answers SET at = at - 86400001");
  await dispatch.registry("tend");
  assert.deepEqual(await rows(), []);
});
