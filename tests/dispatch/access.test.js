// Who may come in: tokens of the secret and of the registry, what a read-only one may not, and the audit.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DISPATCH_TOKEN, event, startDispatch } from "../support/dispatch.js";

let dispatch;
before(async () => (dispatch = await startDispatch()));
after(() => dispatch.stop());

const code = ({ status, json }) => [status, json?.code];
const withToken = (authorization, path = "/v1/events") =>
  dispatch.send({ path, headers: { authorization } });

test("nothing answers without a token, whatever the address", async () => {
  for (const path of ["/", "/v1/events", "/v1/nothing", "/v1/orders/a/b", "/healthz"]) {
    const answer = await dispatch.send({ path });
    assert.deepEqual(code(answer), [401, "token_missing"], path);
    assert.equal(answer.headers["www-authenticate"], "Bearer");
    assert.equal(answer.headers["cache-control"], "no-store");
  }
});

test("a wrong token is refused", async () => {
  for (const token of ["x", DISPATCH_TOKEN.slice(1), `${DISPATCH_TOKEN}x`, "a".repeat(10_000)]) {
    const [status] = code(await withToken(`Bearer ${token}`));
    assert.equal(status, 401);
  }
  assert.deepEqual(code(await withToken(`Basic ${DISPATCH_TOKEN}`)), [401, "token_missing"]);
  assert.equal((await withToken(`bearer  ${DISPATCH_TOKEN}`)).status, 200);
});

/** Logs what the registry is asked, and the journals of its answers. */
const LISTENS = `
  import dispatch from "./entry.js";
  export { Journal, Registry } from "./entry.js";
  const around = (namespace) => ({
    getByName: (name) => ({
      async ask(question) {
        const answer = await namespace.getByName(name).ask(question);
        console.log(JSON.stringify({ at: "asked", question, answer }));
        return answer;
      },
    }),
  });
  export default {
    ...dispatch,
    fetch: (request, env, ctx) =>
      dispatch.fetch(request, { ...env, REGISTRY: around(env.REGISTRY) }, ctx),
  };`;

test("a stranger's token lists no journals, and one of another form asks nothing", async () => {
  const listened = await startDispatch({ around: LISTENS });
  try {
    await listened.take(event({ source: "secret-shop" }));
    const asked = () => listened.lines().filter(({ at }) => at === "asked");
    const form = `orderhook_${"A".repeat(43)}`;
    for (const token of ["x", "a".repeat(64), form.slice(1), `${form}A`, `${form.slice(0, -1)}!`]) {
      assert.deepEqual(code(await listened.get("/v1/events", token)), [401, "token_invalid"]);
      assert.deepEqual(asked(), [], token);
    }
    assert.deepEqual(code(await listened.get("/v1/events", form)), [401, "token_invalid"]);
    await listened.logged(({ at }) => at === "asked");
    const [{ answer }] = asked();
    assert.deepEqual(JSON.parse(answer), { holder: null, has_tokens: false, journals: [] });
    assert.equal(asked().length, 1);
    const { events } = (await listened.get("/v1/events")).json;
    assert.equal(events.length, 1);
    const made = await listened.post("/v1/tokens", { name: "made", access: "read" });
    assert.equal((await listened.get("/v1/events", made.json.secret)).json.events.length, 1);
  } finally {
    await listened.stop();
  }
});

test("an address that is none, and a method that is not answered", async () => {
  assert.deepEqual(code(await dispatch.get("/v1/nothing")), [404, "not_found"]);
  assert.deepEqual(code(await dispatch.get("/")), [404, "not_found"]);
  const answer = await dispatch.post("/v1/events", {});
  assert.deepEqual(code(answer), [405, "method_not_allowed"]);
  assert.equal(answer.headers.allow, "GET");
  const head = await dispatch.send({
    method: "HEAD",
    path: "/v1/events",
    headers: { authorization: `Bearer ${DISPATCH_TOKEN}` },
  });
  assert.equal(head.status, 405);
});

test("a token is made, shown once, used, and deleted", async () => {
  const made = await dispatch.post("/v1/tokens", { name: "reports", access: "read" });
  assert.equal(made.status, 201);
  const { secret, ...token } = made.json;
  assert.match(secret, /^orderhook_[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(
    { ...token, created_at: "" },
    { name: "reports", access: "read", created_at: "" },
  );

  const listed = await dispatch.get("/v1/tokens");
  assert.deepEqual(listed.json, { tokens: [token] });
  assert.ok(!listed.text.includes(secret));
  assert.equal((await dispatch.get("/v1/events", secret)).status, 200);

  const again = await dispatch.post("/v1/tokens", { name: "reports", access: "full" });
  assert.deepEqual(code(again), [409, "token_name_taken"]);
  assert.equal((await dispatch.delete("/v1/tokens/reports")).status, 204);
  assert.deepEqual(code(await dispatch.get("/v1/events", secret)), [401, "token_invalid"]);
  assert.deepEqual(code(await dispatch.delete("/v1/tokens/reports")), [404, "token_not_found"]);
});

test("a read-only token changes nothing", async () => {
  const { json } = await dispatch.post("/v1/tokens", { name: "reader", access: "read" });
  const order = event({ source: "kept" });
  await dispatch.take(order);
  const letter = { no: "event" };
  await dispatch.put("orderhook-dead-letters", letter);
  const [{ id }] = await untilLetters(1);
  const attempts = [
    ["DELETE", "/v1/orders/kept/123456"],
    ["POST", "/v1/erasures"],
    ["DELETE", `/v1/dead-letters/${id}`],
    ["POST", `/v1/dead-letters/${id}/requeue`],
    ["POST", "/v1/tokens"],
    ["DELETE", "/v1/tokens/reader"],
  ];
  for (const [method, path] of attempts) {
    const headers = { authorization: `Bearer ${json.secret}`, "content-type": "application/json" };
    const body = method === "POST" ? '{"name":"more","access":"full"}' : undefined;
    const answer = await dispatch.send({ method, path, headers, body });
    assert.deepEqual(code(answer), [403, "token_read_only"], `${method} ${path}`);
  }
  assert.equal((await dispatch.get("/v1/orders/kept/123456", json.secret)).status, 200);
  assert.equal((await dispatch.get(`/v1/dead-letters/${id}`, json.secret)).status, 200);
  const { tokens } = (await dispatch.get("/v1/tokens", json.secret)).json;
  assert.deepEqual(
    tokens.map(({ name }) => name),
    ["reader"],
  );
  await dispatch.delete("/v1/tokens/reader");
});

/** Waits until there are so many dead letters. */
async function untilLetters(count) {
  for (;;) {
    const { dead_letters } = (await dispatch.get("/v1/dead-letters")).json;
    if (dead_letters.length >= count) return dead_letters;
  }
}

const BODIES = {
  "no name": { access: "read" },
  "another access": { name: "a", access: "write" },
  "a name in capitals": { name: "A", access: "read" },
  "a name that begins with a dash": { name: "-a", access: "read" },
  "a name that is too long": { name: "a".repeat(33), access: "read" },
  "one member more": { name: "a", access: "read", more: 1 },
  "a list": [],
  "a text": "a",
};
for (const [name, body] of Object.entries(BODIES))
  test(`no token of a body with ${name}`, async () => {
    assert.deepEqual(code(await dispatch.post("/v1/tokens", body)), [400, "invalid_body"]);
  });

test("a body of another type, no JSON, or too long", async () => {
  const send = (body, type) =>
    dispatch.send({
      method: "POST",
      path: "/v1/tokens",
      body,
      headers: { authorization: `Bearer ${DISPATCH_TOKEN}`, ...(type && { "content-type": type }) },
    });
  const good = JSON.stringify({ name: "typed", access: "read" });
  assert.deepEqual(code(await send(good)), [415, "unsupported_media_type"]);
  assert.deepEqual(code(await send(good, "text/plain")), [415, "unsupported_media_type"]);
  assert.deepEqual(code(await send("{", "application/json")), [400, "invalid_body"]);
  assert.deepEqual(code(await send("\xff\xfe", "application/json")), [400, "invalid_body"]);
  assert.deepEqual(code(await send("", "application/json")), [400, "invalid_body"]);
  const long = `${" ".repeat(32_768)}${good}`;
  assert.deepEqual(code(await send(long, "application/json")), [413, "body_too_large"]);
  assert.equal((await send(good, "application/json; charset=utf-8")).status, 201);
});

test("the audit says who changed what, the latest first, in pages", async () => {
  const before = (await dispatch.get("/v1/audit?limit=200")).json.entries.length;
  for (const name of ["x", "y", "z"]) await dispatch.post("/v1/tokens", { name, access: "full" });
  const { json } = await dispatch.post("/v1/tokens", { name: "admin", access: "full" });
  await dispatch.delete("/v1/tokens/x", json.secret);
  const first = (await dispatch.get("/v1/audit?limit=2")).json;
  assert.deepEqual(
    first.entries.map(({ actor, action, target }) => [actor, action, target]),
    [
      ["admin", "token_deleted", "x"],
      ["DISPATCH_TOKEN", "token_created", "admin"],
    ],
  );
  const rest = (await dispatch.get(`/v1/audit?limit=200&cursor=${first.next}`)).json;
  assert.equal(first.entries.length + rest.entries.length, before + 5);
  assert.equal(rest.next, null);
});

describe("the secret", () => {
  const started = [];
  const startWith = async (token) => {
    const dispatch = await startDispatch({
      secrets: token === undefined ? {} : { DISPATCH_TOKEN: token },
    });
    started.push(dispatch);
    return dispatch;
  };
  after(() => Promise.all(started.map((dispatch) => dispatch.stop())));

  test("without one, the API says what to do", async () => {
    for (const token of [undefined, "", "short"]) {
      const dispatch = await startWith(token);
      const answer = await dispatch.get("/v1/events", "short");
      assert.deepEqual(code(answer), [503, "dispatch_token_missing"]);
      assert.match(answer.json.detail, /wrangler secret put DISPATCH_TOKEN/);
    }
  });

  test("several at once open it, and a short one among them does not", async () => {
    const [a, b] = ["a".repeat(32), "b".repeat(40)];
    const dispatch = await startWith(`${a}, ${b}\nshort`);
    for (const token of [a, b]) assert.equal((await dispatch.get("/v1/events", token)).status, 200);
    assert.equal((await dispatch.get("/v1/events", "short")).status, 401);
    const line = await dispatch.logged(({ at }) => at === "settings");
    assert.match(line.problems[0], /DISPATCH_TOKEN/);
    assert.ok(!dispatch.output.entries.join().includes("short"));
  });
});
