// Every operation of docs/openapi.yaml against dispatch itself: each answer is one that the document describes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DISPATCH_TOKEN, event, startDispatch, unrecognized } from "../support/dispatch.js";
import { PATIENCE_MS } from "../support/journal.js";
import { DOCUMENT, OPERATIONS, assertAnswer, resolved } from "../support/openapi.js";
import { DEAD_LETTER_QUEUE } from "../support/workerd.js";

const source = "wakilni";
const EVENT = event({
  source,
  data: { order: { tracking_number: "TN-1", reference: "R-1" }, items: [{ sku: "a" }] },
});

let dispatch;
let reader;
let endpoint;
before(async () => {
  dispatch = await startDispatch({ outbound: () => new Response() });
  await dispatch.take(EVENT, unrecognized({ source }));
  reader = (await ask("POST", "/v1/tokens", { body: { name: "reader", access: "read" } })).json
    .secret;
  const url = "https://example.com/hooks";
  endpoint = (await ask("POST", "/v1/endpoints", { body: { url, active: false } })).json.id;
});
after(() => dispatch.stop());

/** Sends a request, and holds the answer to the document. */
async function ask(method, path, { body, token = DISPATCH_TOKEN, headers = {} } = {}) {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const sent = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const proof = token === null ? {} : { authorization: `Bearer ${token}` };
  const answer = await dispatch.send({
    ...{ method, path, body: sent },
    headers: { ...proof, ...json, ...headers },
  });
  assertAnswer(method, new URL(path, "http://dispatch").pathname, answer);
  return answer;
}

/** Returns the path of an operation, with the document's examples for its parameters; an endpoint is one that there is. */
function pathOf({ template, parameters }) {
  const examples = parameters.filter((parameter) => parameter.in === "path");
  const isOfEndpoint = template.startsWith("/v1/endpoints/");
  return examples.reduce(
    (path, { name, example }) => path.replace(`{${name}}`, isOfEndpoint ? endpoint : example),
    template,
  );
}

const queryOf = ({ parameters }) => parameters.filter((parameter) => parameter.in === "query");
const needed = (operation) =>
  queryOf(operation)
    .filter(({ required }) => required)
    .map(({ name, schema }) => `${name}=${resolved(schema).enum?.[0] ?? source}`)
    .join("&");
const with_ = (path, ...queries) => {
  const query = queries.filter(Boolean).join("&");
  return query ? `${path}?${query}` : path;
};

const code = ({ status, json }) => [status, json?.code];

/** The operations that a token opens: signing in needs none, and session.test.js has it. */
const WITH_TOKEN = OPERATIONS.filter(({ is }) => is.security?.length !== 0);

describe("for each operation", () => {
  for (const operation of WITH_TOKEN) {
    const { method, template, is } = operation;
    // A token may always sign out, and stream.test.js opens sockets.
    const [isForAll, isSocket] = [template === "/v1/session", template === "/v1/stream"];
    const title = `${method} ${template}`;
    const path = () => pathOf(operation);
    const options = is.requestBody && {
      body: Object.values(is.requestBody.content["application/json"].examples)[0].value,
    };

    test(`${title}: without a token, and with a wrong one`, async () => {
      const missing = await ask(method, path(), { ...options, token: null });
      assert.deepEqual(code(missing), [401, "token_missing"]);
      assert.equal(missing.headers["www-authenticate"], "Bearer");
      const wrong = await ask(method, path(), { ...options, token: "x".repeat(40) });
      assert.deepEqual(code(wrong), [401, "token_invalid"]);
    });

    test(`${title}: with a token that may only read`, async () => {
      const answer = await ask(method, with_(path(), needed(operation)), {
        ...options,
        token: reader,
      });
      if (method === "GET" || isForAll) assert.notEqual(answer.status, 403);
      else assert.deepEqual(code(answer), [403, "token_read_only"]);
    });

    test(`${title}: an unknown parameter, and one that stands twice`, async () => {
      const [first] = queryOf(operation);
      for (const query of ["colour=red", ...(first ? [`${first.name}=a&${first.name}=a`] : [])]) {
        const answer = await ask(method, with_(path(), query), options);
        assert.deepEqual(code(answer), [400, "invalid_parameter"], query);
      }
    });

    for (const { name, schema } of isSocket ? [] : queryOf(operation)) {
      test(`${title}: ${name} within its bounds, and beyond them`, async () => {
        for (const value of allowed(resolved(schema))) {
          const others = name === "of" ? "" : needed(operation);
          const answer = await ask(method, with_(path(), others, `${name}=${value}`), options);
          assert.equal(answer.status, 200, `${name}=${value} ${answer.text}`);
        }
        for (const value of refused(resolved(schema), name)) {
          const others = name === "of" ? "" : needed(operation);
          const answer = await ask(method, with_(path(), others, `${name}=${value}`), options);
          assert.equal(answer.status, 400, `${name}=${value} ${answer.text}`);
        }
      });
    }
  }
});

/** Returns values that a schema allows, for a query. */
function allowed({ enum: values, type, maximum, maxLength, format, pattern }) {
  if (values) return values;
  if (type === "boolean") return ["true", "false"];
  if (maximum) return ["1", String(maximum)];
  if (format === "date-time") return ["2026-11-14T12:39:13Z", "2026-11-14T12:39:13.5%2B02:00"];
  if (pattern?.includes("{1,32}")) return ["wakilni", "a".repeat(32)];
  return pattern ? [] : ["a", encodeURIComponent("ä b/%&"), "x".repeat(maxLength)];
}

/** Returns values that a schema refuses. */
function refused({ enum: values, type, maximum, maxLength, format, pattern }, name) {
  if (values) return ["", "nothing"];
  if (type === "boolean") return ["", "yes", "1"];
  if (maximum) return ["", "0", "-1", String(maximum + 1), "1.5", "ten", "99999999999999999999"];
  if (format === "date-time") return ["", "today", "2026-11-14", "2026-13-14T12:39:13Z"];
  if (name === "cursor") return ["", "a", "e30", "%00", "x".repeat(4097)];
  if (pattern?.includes("{1,32}")) return ["", "Wakilni", "a".repeat(33), "a%2Fb"];
  return ["", "x".repeat(maxLength + 1), "%ff"];
}

test("a code is made, and a session begins, is shown, and ends", async () => {
  const { origin } = dispatch.url;
  const made = await ask("POST", "/v1/session/codes");
  assert.equal(made.status, 201);
  const begin = (body, headers = { origin }) =>
    ask("POST", "/v1/session", { body, headers, token: null });
  const code = { code: made.json.code };
  const begun = await begin(code);
  assert.equal(begun.status, 200);
  const headers = { origin, cookie: begun.headers["set-cookie"][0].split(";")[0] };
  const shown = await ask("GET", "/v1/session", { headers, token: null });
  assert.deepEqual([shown.status, shown.json], [200, begun.json]);
  assert.equal((await begin(code)).status, 401);
  assert.equal((await begin({ token: DISPATCH_TOKEN }, {})).status, 403);
  assert.equal((await begin({})).status, 400);
  assert.equal((await begin("x".repeat(40_000))).status, 413);
  for (const expected of [204, 401])
    assert.equal((await ask("DELETE", "/v1/session", { headers, token: null })).status, expected);
});

test("a stream is refused without a WebSocket, and without a source", async () => {
  assert.equal((await ask("GET", `/v1/stream?source=${source}`)).status, 426);
  assert.equal((await ask("GET", "/v1/stream")).status, 400);
});

describe("what is there", () => {
  const found = [
    ["/v1/orders", ({ orders: [order] }) => assert.deepEqual(order.tracking_numbers, ["TN-1"])],
    [`/v1/orders/${source}/123456`, ({ parcels }) => assert.equal(parcels.length, 1)],
    ["/v1/events", ({ events }) => assert.equal(events.length, 2)],
    [`/v1/events/${source}/${EVENT.id}`, (record) => assert.deepEqual(record.event, EVENT)],
    [
      "/v1/stats",
      ({ sources: [{ events, orders }] }) => assert.deepEqual([events, orders], [2, 1]),
    ],
    ["/v1/sources", ({ sources }) => assert.equal(sources[0].name, source)],
    [
      "/v1/tokens",
      ({ tokens }) =>
        assert.deepEqual(
          tokens.map(({ name }) => name),
          ["reader"],
        ),
    ],
    ["/v1/audit", ({ entries: [{ actor }] }) => assert.equal(actor, "DISPATCH_TOKEN")],
  ];
  for (const [path, check] of found)
    test(path, async () => {
      const { status, json } = await ask("GET", path);
      assert.equal(status, 200);
      check(json);
    });

  for (const [format, type] of [
    ["ndjson", "application/x-ndjson"],
    ["csv", "text/csv"],
  ])
    test(`an export as ${format}, in parts of one line`, async () => {
      const lines = [];
      let path = `/v1/export?of=events&format=${format}&limit=1`;
      while (path) {
        const { status, headers, text } = await ask("GET", path);
        assert.equal(status, 200);
        assert.equal(headers["content-type"].split(";")[0], type);
        lines.push(...text.split(/\r?\n/).filter(Boolean));
        path = headers.link?.match(/^<(\/v1\/export\?.*)>; rel="next"$/)[1];
      }
      const columns = DOCUMENT.paths["/v1/export"].get.description.match(/events: `(.*)`/)[1];
      if (format === "csv") assert.equal(lines.shift(), columns);
      assert.equal(lines.length, 2);
    });

  test("what is not there", async () => {
    for (const [path, expected] of [
      [`/v1/orders/${source}/none`, "order_not_found"],
      [`/v1/events/${source}/none`, "event_not_found"],
      ["/v1/dead-letters/none", "dead_letter_not_found"],
      ["/v1/none", "not_found"],
      ["/", "not_found"],
    ])
      assert.deepEqual(code(await ask("GET", path)), [404, expected], path);
    assert.deepEqual(code(await ask("DELETE", "/v1/tokens/none")), [404, "token_not_found"]);
    assert.deepEqual(code(await ask("DELETE", "/v1/orders/none/none")), [404, "order_not_found"]);
  });

  test("another method", async () => {
    for (const [method, path, allow] of [
      ["PUT", "/v1/orders", "GET"],
      ["POST", `/v1/orders/${source}/123456`, "GET, DELETE"],
      ["GET", "/v1/erasures", "POST"],
    ]) {
      const answer = await ask(method, path);
      assert.deepEqual([...code(answer), answer.headers.allow], [405, "method_not_allowed", allow]);
    }
  });
});

describe("bodies", () => {
  for (const path of ["/v1/tokens", "/v1/erasures"]) {
    test(`${path}: what is not allowed`, async () => {
      for (const body of [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"name":1,"access":"read"}',
        '{"email":"a"}',
      ])
        assert.deepEqual(code(await ask("POST", path, { body })), [400, "invalid_body"], body);
      const more = { name: "a", access: "read", email: "a@b", more: 1 };
      assert.deepEqual(code(await ask("POST", path, { body: more })), [400, "invalid_body"]);
      const both = { email: "a@example.com", phone: "+961 3 123 456", name: "b", access: "all" };
      assert.deepEqual(code(await ask("POST", path, { body: both })), [400, "invalid_body"]);
      const long = JSON.stringify({ email: "a".repeat(40_000) });
      assert.deepEqual(code(await ask("POST", path, { body: long })), [413, "body_too_large"]);
      const headers = { "content-type": "text/plain" };
      const typed = await ask("POST", path, { body: "{}", headers });
      assert.deepEqual(code(typed), [415, "unsupported_media_type"]);
    });
  }

  test("a token's name is given once", async () => {
    const body = { name: "twice", access: "full" };
    const { status, json } = await ask("POST", "/v1/tokens", { body });
    assert.equal(status, 201);
    assert.deepEqual(code(await ask("POST", "/v1/tokens", { body })), [409, "token_name_taken"]);
    assert.equal((await ask("GET", "/v1/orders", { token: json.secret })).status, 200);
    assert.equal((await ask("DELETE", "/v1/tokens/twice")).status, 204);
    assert.equal((await ask("GET", "/v1/orders", { token: json.secret })).status, 401);
  });
});

test("a dead letter is listed, shown, put back and deleted", async () => {
  const lost = event({ source: "lost" });
  await dispatch.put(DEAD_LETTER_QUEUE, lost, { poison: "no event" });
  let letters = [];
  for (const deadline = Date.now() + PATIENCE_MS; letters.length < 2; ) {
    assert.ok(Date.now() < deadline);
    letters = (await ask("GET", "/v1/dead-letters")).json.dead_letters;
  }
  const [known] = letters.filter(({ event_id }) => event_id === lost.id);
  const [other] = letters.filter(({ source }) => source === null);
  const { json } = await ask("GET", `/v1/dead-letters/${known.id}`);
  assert.deepEqual(JSON.parse(json.content), lost);
  const some = (await ask("GET", "/v1/dead-letters?source=lost")).json.dead_letters;
  assert.deepEqual(some, [known]);
  assert.equal((await ask("POST", `/v1/dead-letters/${known.id}/requeue`)).status, 204);
  await dispatch.logged(({ at, id }) => at === "event" && id === lost.id);
  assert.equal((await ask("DELETE", `/v1/dead-letters/${other.id}`)).status, 204);
  for (const { id } of [known, other])
    assert.equal((await ask("DELETE", `/v1/dead-letters/${id}`)).status, 404);
});

test("an endpoint is created, tested, changed and deleted, and its deliveries are listed", async () => {
  const body = { url: "https://hooks.slack.com/services/T/B/x", format: "slack", active: false };
  const made = await ask("POST", "/v1/endpoints", { body });
  assert.deepEqual([made.status, made.json.secret], [201, null]);
  const path = `/v1/endpoints/${made.json.id}`;
  const sent = event({ source });
  await dispatch.take(sent);
  const { deliveries } = (await ask("GET", `${path}/deliveries`)).json;
  assert.deepEqual(
    deliveries.map(({ state, event_id }) => [state, event_id]),
    [["held", sent.id]],
  );
  const delivery = `/v1/deliveries/${deliveries[0].id}`;
  assert.deepEqual((await ask("GET", delivery)).json.delivery, deliveries[0]);
  assert.equal((await ask("POST", `${delivery}/retry`)).status, 409);
  const failed = { body: { failed_only: true, until: "2020-01-01T00:00:00Z" } };
  assert.deepEqual(code(await ask("POST", `${path}/replay`, failed)), [409, "endpoint_inactive"]);
  const rotated = await ask("POST", `${path}/secret/rotate`);
  assert.deepEqual(code(rotated), [409, "nothing_signed"]);
  const other = `/v1/endpoints/${endpoint}`;
  assert.equal((await ask("POST", `${other}/secret/rotate`)).status, 200);
  const change = { active: true, description: "a", filter: { sources: ["none"] } };
  assert.equal((await ask("PATCH", other, { body: change })).status, 200);
  assert.equal((await ask("POST", `${other}/replay`, failed)).status, 200);
  assert.equal((await ask("GET", "/v1/endpoints")).json.endpoints.length, 2);
  assert.equal((await ask("GET", "/v1/audit")).status, 200);
  assert.equal((await ask("DELETE", path)).status, 204);
  for (const [method, gone] of [
    ["GET", path],
    ["DELETE", path],
    ["GET", delivery],
  ])
    assert.equal((await ask(method, gone)).status, 404, gone);
});

test("an endpoint that names every type is tested with an event of each", async () => {
  const { types } = (await ask("GET", "/v1/event-types")).json;
  const body = { url: "https://example.com/every", active: false, filter: { types } };
  const { id } = (await ask("POST", "/v1/endpoints", { body })).json;
  const report = await ask("POST", `/v1/endpoints/${id}/tests`, { body: {} });
  assert.deepEqual([report.status, report.json.tests_succeeded], [200, types.length]);
  assert.equal((await ask("DELETE", `/v1/endpoints/${id}`)).status, 204);
});

test("an order and a customer are erased", async () => {
  const customer = { name: "Jane", phone: "+961 3 123 456", email: "Jane@Example.com" };
  const contact = { address: null, city: null, region: null, postal_code: null, country: null };
  const of = (id) =>
    event({ source: "erased", data: { order: { id }, customer: { ...customer, ...contact } } });
  await dispatch.take(of("1"), of("2"), of("3"));
  assert.equal((await ask("DELETE", "/v1/orders/erased/1")).status, 204);
  const { json } = await ask("POST", "/v1/erasures", { body: { phone: "9613123456" } });
  const erased = { orders: 2, events: 2, payloads: 0, dead_letters: 0 };
  assert.deepEqual(json, { ...erased, complete: true, next: null });
  assert.deepEqual((await ask("GET", "/v1/events?source=erased")).json.events, []);
  assert.deepEqual((await ask("GET", "/v1/orders?source=erased")).json.orders, []);
});
