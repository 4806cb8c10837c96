// Every row of the HTTP contract: the request, and its answer.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const TABLE = {
  ...SOURCES,
  rotating: { provider: "wakilni", secrets: ["WAKILNI_SECRET", "WAKILNI_SECRET_OLD"] },
  "up42-unsigned": { provider: "up42", token: "UP42_TOKEN" },
  broken: { provider: "wakilni", secrets: ["NOT_SET"] },
};
const OLD_SECRET = "wakilni-secret-before-the-rotation";

let worker;
before(async () => {
  worker = await start({
    vars: { SOURCES: TABLE },
    secrets: { ...SECRETS, WAKILNI_SECRET_OLD: OLD_SECRET },
  });
});
// Removes the messages that a failed test has left in the queue.
afterEach(() => worker.events());
after(() => worker.stop());

let count = 0;
const fresh = () => `http-${++count}`;
const wakilniBody = (id = fresh()) =>
  JSON.stringify({ event_id: id, event: "Order Created", data: { order_id: 1 } });
const up42Body = (id = fresh()) =>
  JSON.stringify({
    event: "order.status",
    liveMode: true,
    messageId: id,
    body: { orderId: "o", status: "PLACED" },
  });
const wakilni = (body, headers = sign.wakilni(SECRETS.WAKILNI_SECRET, body)) => ({
  path: hook("wakilni"),
  body,
  headers,
});
const up42 = (body, options) => ({
  path: hook("up42"),
  body,
  headers: sign.up42(SECRETS.UP42_SECRET, body, options),
});
const shop = (body, options) => ({
  path: hook("shop"),
  body,
  headers: sign.standardWebhooks(SECRETS.SHOP_SECRET, body, options),
});

const post = ({ path, body, headers }) => worker.post(path, body, headers);

function assertProblem(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers["content-type"], "application/problem+json");
  assert.deepEqual(Object.keys(answer.json), ["type", "title", "status", "code", "detail"]);
  const { type, title, detail } = answer.json;
  assert.deepEqual([type, answer.json.status, answer.json.code], ["about:blank", status, code]);
  assert.ok(title.length > 0 && detail.length > 0);
}

function assertSuccess(answer, status, json) {
  assert.deepEqual([answer.status, answer.json], [status, json]);
  assert.equal(answer.headers["content-type"], "application/json");
}

const withoutDate = ({ date, ...headers }) => headers;

// Accepted.

test("202 accepted, then 200 duplicate, each with the event's id", async () => {
  const body = wakilniBody("first");
  assertSuccess(await post(wakilni(body)), 202, { status: "accepted", id: "first" });
  assertSuccess(await post(wakilni(body)), 200, { status: "duplicate", id: "first" });
  assert.deepEqual(
    (await worker.events()).map(({ id }) => id),
    ["first"],
  );
});

test("the same id at another source is another event", async () => {
  const body = wakilniBody("twice");
  for (const source of ["wakilni", "rotating"]) {
    assertSuccess(await post({ ...wakilni(body), path: `/hooks/${source}` }), 202, {
      status: "accepted",
      id: "twice",
    });
  }
  assert.deepEqual(
    (await worker.events()).map(({ source }) => source),
    ["/hooks/wakilni", "/hooks/rotating"],
  );
});

for (const [name, secret] of [
  ["new", SECRETS.WAKILNI_SECRET],
  ["old", OLD_SECRET],
]) {
  test(`of two secrets in rotation the ${name} one is accepted`, async () => {
    const body = wakilniBody();
    const answer = await worker.post("/hooks/rotating", body, sign.wakilni(secret, body));
    assert.equal(answer.status, 202);
    assert.equal((await worker.events()).length, 1);
  });
}

const AUTHENTICITY = [
  ["headers_signed", "up42", { covers: ["date"] }],
  ["headers_signed", "up42", { covers: ["host", "date"], headers: { host: "hooks.example" } }],
  ["body_signed", "up42", { covers: ["date", "digest"] }],
  ["body_signed", "up42-bare", { covers: ["digest"] }],
];

for (const [authenticity, source, options] of AUTHENTICITY) {
  test(`UP42 at ${source}, covering ${options.covers}: ${authenticity}`, async () => {
    const body = up42Body();
    assert.equal((await post({ ...up42(body, options), path: hook(source) })).status, 202);
    assert.deepEqual(
      (await worker.events()).map(({ data }) => data.authenticity),
      [authenticity],
    );
  });
}

test("UP42 without a secret is authenticated by its token", async () => {
  const answer = await worker.post(`/hooks/up42-unsigned/${SECRETS.UP42_TOKEN}`, up42Body());
  assert.equal(answer.status, 202);
  assert.deepEqual(
    (await worker.events()).map(({ data }) => data.authenticity),
    ["url_token"],
  );
});

for (const body of ["", " \r\n", "{}", "{ }", "[]", "null"]) {
  test(`a test that carries no order: ${JSON.stringify(body)}`, async () => {
    const answer = await worker.post(`${hook("gooten")}?orderid=`, body);
    assertSuccess(answer, 200, { status: "ready", source: "gooten", provider: "gooten" });
    assert.deepEqual(await worker.events(), []);
  });
}

const MISUNDERSTOOD = [
  ["no JSON", "not JSON", "not_json"],
  ["an empty body", "", "not_json"],
  ["JSON, but no object", "[1]", "unexpected_shape"],
  [
    "an event's values as a list",
    '["by-position","Order Created","2024-11-14 14:39:13",{"order_id":1}]',
    "unexpected_shape",
  ],
  [
    "a key that stands twice",
    '{"event_id":"a","event_id":"b","event":"Order Created","data":{"order_id":1}}',
    "missing_field",
  ],
  [
    "more behind the JSON",
    '{"event_id":"a","event":"Order Created","data":{"order_id":1}} {}',
    "not_json",
  ],
  ["an object without what makes an event", '{"event":"Order Created"}', "missing_field"],
];

for (const [name, body, code] of MISUNDERSTOOD) {
  test(`authentic, but not understood: ${name}`, async () => {
    const id = sign.sha256(body);
    assertSuccess(await post(wakilni(body)), 202, { status: "accepted", id });
    const [event, ...more] = await worker.events();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [event.type, event.id, event.data.reason.code, event.data.payload],
      ["orderhook.delivery.unrecognized.v1", id, code, body],
    );
    assertSuccess(await post(wakilni(body)), 200, { status: "duplicate", id });
  });
}

// Refused.

const at = (seconds) => Math.floor(Date.now() / 1000) + seconds;
const TAG = "x-webhook-signature";
const A_TAG = sign.wakilni("another secret", "")[TAG];

const REFUSED = {
  "no signature": ["missing_signature", () => wakilni(wakilniBody(), {})],
  "UP42 without a list": ["missing_signature", () => without(up42(up42Body()), "signature-input")],
  "UP42 without a tag": ["missing_signature", () => without(up42(up42Body()), "signature")],
  "no time of signing": ["missing_signature", () => without(shop("{}"), "webhook-timestamp")],
  "an empty signed id": ["malformed_signature", () => shop("{}", { id: "" })],
  "a signed id with a full stop": ["malformed_signature", () => shop("{}", { id: "msg.1" })],
  "no signed id": ["missing_signature", () => without(shop("{}"), "webhook-id")],
  "an empty tag": ["malformed_signature", () => wakilni(wakilniBody(), { [TAG]: "" })],
  "no base64": ["malformed_signature", () => wakilni(wakilniBody(), { [TAG]: "%".repeat(44) })],
  "a tag that is too short": [
    "malformed_signature",
    () => wakilni(wakilniBody(), { [TAG]: A_TAG.slice(4) }),
  ],
  "a tag with more behind it": [
    "malformed_signature",
    () => wakilni(wakilniBody(), { [TAG]: `${A_TAG}A` }),
  ],
  "two tags": ["malformed_signature", () => wakilni(wakilniBody(), { [TAG]: [A_TAG, A_TAG] })],
  "hex for base64": [
    "malformed_signature",
    () => wakilni(wakilniBody(), sign.wegocod(SECRETS.WAKILNI_SECRET, wakilniBody())),
  ],
  "a list without headers": ["malformed_signature", () => up42(up42Body(), { covers: [] })],
  "a listed header that is missing": [
    "malformed_signature",
    () => without(up42(up42Body()), "digest"),
  ],
  "a time that is no number": ["malformed_signature", () => shop("{}", { timestamp: "yesterday" })],
  "another secret": ["signature_mismatch", () => wakilni(wakilniBody(), { [TAG]: A_TAG })],
  "another body": [
    "signature_mismatch",
    () => ({ ...wakilni(wakilniBody()), body: wakilniBody() }),
  ],
  "a line feed added": ["signature_mismatch", () => added(wakilni(wakilniBody()), "\n")],
  "a header changed": [
    "signature_mismatch",
    () => changed(up42(up42Body()), "date", "Thu, 01 Jan 1970 00:00:00 GMT"),
  ],
  "another id": ["signature_mismatch", () => changed(shop("{}"), "webhook-id", "msg_2")],
  "a body of another digest": ["digest_mismatch", () => added(up42(up42Body()), " ")],
  "UP42, 5 minutes old": [
    "timestamp_out_of_tolerance",
    () => up42(up42Body(), { created: at(-300) }),
  ],
  "UP42, far in the future": [
    "timestamp_out_of_tolerance",
    () => up42(up42Body(), { created: at(400) }),
  ],
  "a shop's, over 5 minutes old": [
    "timestamp_out_of_tolerance",
    () => shop("{}", { timestamp: at(-302) }),
  ],
  "a shop's, far in the future": [
    "timestamp_out_of_tolerance",
    () => shop("{}", { timestamp: at(400) }),
  ],
  "no digest covered, and no token": [
    "body_not_authenticated",
    () => ({ ...up42(up42Body(), { covers: ["date"] }), path: hook("up42-bare") }),
  ],
};

function without(delivery, header) {
  const { [header]: _, ...headers } = delivery.headers;
  return { ...delivery, headers };
}

function changed(delivery, header, value) {
  return { ...delivery, headers: { ...delivery.headers, [header]: value } };
}

function added(delivery, text) {
  return { ...delivery, body: delivery.body + text };
}

for (const [name, [code, delivery]] of Object.entries(REFUSED)) {
  test(`401 ${code}: ${name}`, async () => {
    const answer = await post(delivery());
    assertProblem(answer, 401, code);
    // RFC 9110, section 15.5.2.
    assert.equal(answer.headers["www-authenticate"], "Signature");
    assert.deepEqual(await worker.events(), []);
  });
}

// No such address.

const TOKEN = SECRETS.GOOTEN_TOKEN;
const NOWHERE = {
  "an unknown source": "/hooks/nobody",
  "an unknown source with a token": `/hooks/nobody/${TOKEN}`,
  "a token that is absent": "/hooks/gooten",
  "a token that is empty": "/hooks/gooten/",
  "a wrong token": "/hooks/gooten/wrong",
  "a part of the token": `/hooks/gooten/${TOKEN.slice(0, -1)}`,
  "more than the token": `/hooks/gooten/${TOKEN}x`,
  "the token in upper case": `/hooks/gooten/${TOKEN.toUpperCase()}`,
  "a segment after the token": `/hooks/gooten/${TOKEN}/x`,
  "another source's token": `/hooks/gooten/${SECRETS.UP42_TOKEN}`,
  "a token where there is none": `/hooks/wakilni/${TOKEN}`,
  "a name in another case": "/hooks/Wakilni",
  "a name that stands in every object": "/hooks/constructor",
  "a broken escape": "/hooks/%",
  "an escaped slash": "/hooks%2fwakilni",
  "no source": "/hooks",
  "no source and a slash": "/hooks/",
  "the root": "/",
  "two slashes": "//hooks/wakilni",
  "a longer word": "/healthz2",
  "something else": "/favicon.ico",
};

for (const [name, path] of Object.entries(NOWHERE)) {
  test(`404 not_found: ${name}`, async () => {
    const expected = await worker.get("/hooks/no-such-source");
    assertProblem(expected, 404, "not_found");
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const answer = await worker.send({ method, path, ...(method === "POST" && { body: "{}" }) });
      // The answer does not tell a wrong token from a source that does not exist.
      assert.equal(answer.text, expected.text, method);
      assert.deepEqual(withoutDate(answer.headers), withoutDate(expected.headers), method);
    }
    const { status, text, headers } = await worker.send({ method: "HEAD", path });
    assert.deepEqual(
      [status, text, headers["content-type"]],
      [404, "", "application/problem+json"],
    );
    assert.deepEqual(await worker.events(), []);
  });
}

// Probes.

for (const source of ["wakilni", "wegocod", "up42", "gooten", "shop"]) {
  test(`GET and HEAD say that ${source} is ready`, async () => {
    const got = await worker.get(hook(source));
    assertSuccess(got, 200, { status: "ready", source, provider: SOURCES[source].provider });
    const { status, text, headers } = await worker.send({ method: "HEAD", path: hook(source) });
    assert.deepEqual([status, text, headers["content-type"]], [200, "", "application/json"]);
    assert.deepEqual(await worker.events(), []);
  });
}

test("of deliveries to unknown addresses, the log has the first, and then one in ten seconds that counts the others", async () => {
  const quiet = await start({ vars: { SOURCES: { wakilni: SOURCES.wakilni } } });
  try {
    const logged = () => quiet.lines().filter(({ code }) => code === "not_found");
    let posted = 0;
    // No sleep: each is another delivery, until the next one is logged.
    while (logged().length < 2) {
      assert.equal((await quiet.post("/hooks/nobody", "")).status, 404);
      posted += 1;
    }
    const [first, second] = logged();
    assert.deepEqual([first.source, first.repeated], [null, undefined]);
    // Some may have been answered before their line was read.
    assert.ok(
      second.repeated >= 1 && second.repeated <= posted - 2,
      `${second.repeated} of ${posted}`,
    );
    assert.equal((await quiet.get("/hooks/nobody")).status, 404);
    assert.equal(logged().length, 2);
  } finally {
    await quiet.stop();
  }
});

test("a slash at the end and a query do not count", async () => {
  for (const path of ["/hooks/wakilni/", "/hooks/wakilni?a=/b", "/hooks/wakilni/?orderid=1"]) {
    assert.equal((await worker.get(path)).status, 200, path);
  }
});

test("GET and HEAD of /healthz", async () => {
  const got = await worker.get("/healthz");
  assertSuccess(got, 200, { status: "degraded" });
  const details = await worker.health();
  assert.equal(details.headers["content-type"], "application/json");
  assert.deepEqual(Object.keys(details.json), ["status", "version", "problems", "sources"]);
  const { status, text, headers } = await worker.send({ method: "HEAD", path: "/healthz" });
  assert.deepEqual([status, text, headers["content-type"]], [200, "", "application/json"]);
});

// Methods.

const allowed = (answer) => answer.headers.allow?.split(/, */).sort();

for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
  test(`405 method_not_allowed: ${method}`, async () => {
    for (const path of [hook("wakilni"), hook("gooten")]) {
      const answer = await worker.send({ method, path });
      assertProblem(answer, 405, "method_not_allowed");
      assert.deepEqual(allowed(answer), ["GET", "HEAD", "POST"]);
    }
  });
}

for (const method of ["POST", "PUT", "DELETE"]) {
  test(`405 method_not_allowed: ${method} of /healthz`, async () => {
    const answer = await worker.send({ method, path: "/healthz" });
    assertProblem(answer, 405, "method_not_allowed");
    assert.deepEqual(allowed(answer), ["GET", "HEAD"]);
  });
}

// Not configured.

for (const method of ["POST", "GET"]) {
  test(`503 source_not_configured: ${method}`, async () => {
    const body = wakilniBody();
    const headers = sign.wakilni(SECRETS.WAKILNI_SECRET, body);
    const answer = await worker.send({
      method,
      path: "/hooks/broken",
      ...(method === "POST" && { body, headers }),
    });
    assertProblem(answer, 503, "source_not_configured");
    assert.equal(answer.headers["retry-after"], "30");
    assert.deepEqual(await worker.events(), []);
  });
}

test("503 source_not_configured: HEAD", async () => {
  const { status, text, headers } = await worker.send({ method: "HEAD", path: "/hooks/broken" });
  assert.deepEqual([status, text, headers["retry-after"]], [503, "", "30"]);
});

test("a method is refused before the configuration is looked at", async () => {
  assertProblem(
    await worker.send({ method: "PUT", path: "/hooks/broken" }),
    405,
    "method_not_allowed",
  );
});
