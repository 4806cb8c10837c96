// Endpoints are made, listed, changed and deleted. What is secret of them is shown once, and kept sealed.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DISPATCH_TOKEN, startDispatch } from "../support/dispatch.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const URL_A = "https://example.com/hooks?key=in-the-url";
const SLACK = "https://hooks.slack.com/services/T0/B0/verysecret";
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let dispatch;
before(async () => (dispatch = await startDispatch({ around: OPEN })));
after(() => dispatch.stop());

const code = ({ status, json }) => [status, json?.code];
const make = (body) => dispatch.post("/v1/endpoints", body);

test("an endpoint is made with usual settings, shown, listed, changed and deleted", async () => {
  const made = await make({ url: URL_A });
  assert.equal(made.status, 201, made.text);
  const { secret, ...endpoint } = made.json;
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.match(endpoint.id, /^ep_[A-Za-z0-9_-]{16}$/);
  const { id, created_at, updated_at, ...rest } = endpoint;
  assert.equal(created_at, updated_at);
  assert.deepEqual(rest, {
    url: URL_A,
    format: "cloudevents",
    filter: {},
    description: null,
    active: true,
    disabled_reason: null,
  });
  assert.deepEqual((await dispatch.get(`/v1/endpoints/${id}`)).json, endpoint);
  assert.deepEqual((await dispatch.get("/v1/endpoints")).json.endpoints, [endpoint]);

  const change = {
    url: "https://example.org/",
    filter: { phases: ["problem"], test: false },
    description: "Ops",
    active: false,
  };
  const changed = await dispatch.patch(`/v1/endpoints/${id}`, change);
  assert.equal(changed.status, 200, changed.text);
  const { updated_at: later, ...now } = changed.json;
  assert.deepEqual(now, { ...rest, ...change, id, created_at });
  assert.ok(later > updated_at);
  const without = await dispatch.patch(`/v1/endpoints/${id}`, { description: null });
  assert.deepEqual([without.json.description, without.json.active], [null, false]);
  for (const member of ["url", "filter", "active"]) {
    const { status, json } = await dispatch.patch(`/v1/endpoints/${id}`, { [member]: null });
    assert.deepEqual([status, json.code], [400, "invalid_body"], member);
  }

  assert.equal((await dispatch.delete(`/v1/endpoints/${id}`)).status, 204);
  for (const answer of [
    await dispatch.get(`/v1/endpoints/${id}`),
    await dispatch.delete(`/v1/endpoints/${id}`),
    await dispatch.patch(`/v1/endpoints/${id}`, { active: true }),
    await dispatch.post(`/v1/endpoints/${id}/tests`, {}),
    await dispatch.post(`/v1/endpoints/${id}/secret/rotate`),
    await dispatch.post(`/v1/endpoints/${id}/replay`, {}),
    await dispatch.get(`/v1/endpoints/${id}/deliveries`),
  ])
    assert.deepEqual(code(answer), [404, "endpoint_not_found"]);
  assert.deepEqual((await dispatch.get("/v1/endpoints")).json.endpoints, []);
});

test("no answer but the first has a secret, and Slack's URL is never whole", async () => {
  const slack = (await make({ url: SLACK, format: "slack" })).json;
  const signed = (await make({ url: URL_A, secret: SECRET })).json;
  assert.deepEqual([slack.secret, slack.url], [null, "https://hooks.slack.com/…"]);
  assert.equal(signed.secret, SECRET);
  const answers = [
    await dispatch.get("/v1/endpoints"),
    await dispatch.get(`/v1/endpoints/${slack.id}`),
    await dispatch.get(`/v1/endpoints/${signed.id}`),
    await dispatch.patch(`/v1/endpoints/${slack.id}`, { description: "a" }),
    await dispatch.patch(`/v1/endpoints/${signed.id}`, { description: "a" }),
    await dispatch.get("/v1/audit"),
  ];
  for (const { text } of answers) assert.doesNotMatch(text, /whsec_|verysecret/);
  for (const line of dispatch.output.entries) assert.doesNotMatch(line, /whsec_|verysecret/);
  const rotated = await dispatch.post(`/v1/endpoints/${slack.id}/secret/rotate`);
  assert.deepEqual(code(rotated), [409, "nothing_signed"]);
  for (const { id } of [slack, signed]) await dispatch.delete(`/v1/endpoints/${id}`);
});

test("neither the URL nor the secret is kept in plain", async () => {
  const { id } = (await make({ url: URL_A, secret: SECRET })).json;
  await dispatch.journal("copy", "take", []);
  const kept = [
    await dispatch.registry("sql", "SELECT record FROM endpoints"),
    await dispatch.journal("copy", "sql", "SELECT record FROM endpoints"),
  ];
  for (const rows of kept) {
    assert.equal(rows.length, 1);
    assert.doesNotMatch(JSON.stringify(rows), /example\.com|in-the-url|whsec_|BwcH/);
  }
  // A record of another endpoint's does not open here.
  const other = (await make({ url: "https://example.org/" })).json;
  await dispatch.registry(
    "sql",
    `UPDATE endpoints SET record = json_set(record, '$.sealed',
       (SELECT json_extract(record, '$.sealed') FROM endpoints WHERE id = ?1)) WHERE id = ?2`,
    id,
    other.id,
  );
  assert.equal((await dispatch.get(`/v1/endpoints/${other.id}`)).json.url, null);
  for (const made of [id, other.id]) await dispatch.delete(`/v1/endpoints/${made}`);
});

const BODIES = {
  "no URL": {},
  "plain http": { url: "http://example.com/" },
  "an address": { url: "https://127.0.0.1/" },
  "a private name": { url: "https://printer.local/" },
  "a port": { url: "https://example.com:22/" },
  "an unknown format": { url: URL_A, format: "xml" },
  "an unknown member of the filter": { url: URL_A, filter: { colour: ["red"] } },
  "an unknown word in the filter": { url: URL_A, filter: { statuses: ["lost"] } },
  "a filter that is a list": { url: URL_A, filter: [] },
  "a short secret": { url: URL_A, secret: "whsec_AAAA" },
  "a secret without its prefix": { url: URL_A, secret: SECRET.slice(6) },
  "a secret for Slack": { url: SLACK, format: "slack", secret: SECRET },
  "a long description": { url: URL_A, description: "x".repeat(201) },
  "another member": { url: URL_A, id: "ep_1" },
};
for (const [name, body] of Object.entries(BODIES))
  test(`no endpoint of a body with ${name}`, async () => {
    const answer = await make(body);
    assert.deepEqual(code(answer), [400, "invalid_body"]);
    assert.doesNotMatch(answer.text, /whsec_A|verysecret/);
  });

test("dispatch posts to none of its own hosts", async () => {
  const own = await startDispatch({ vars: { OWN_HOSTS: "hooks.example.com, d.example.com" } });
  try {
    for (const url of ["https://HOOKS.example.com./a", "https://d.example.com:8443/"]) {
      const answer = await own.post("/v1/endpoints", { url });
      assert.deepEqual(code(answer), [400, "invalid_body"]);
      assert.match(answer.json.detail, /own/);
    }
  } finally {
    await own.stop();
  }
});

test("a change that is not allowed changes nothing", async () => {
  const { id } = (await make({ url: URL_A })).json;
  const before = (await dispatch.get(`/v1/endpoints/${id}`)).json;
  for (const body of [
    { url: "https://localhost/" },
    { filter: { phases: "all" } },
    { format: "slack" },
    { secret: SECRET },
    { active: 1 },
  ])
    assert.deepEqual(code(await dispatch.patch(`/v1/endpoints/${id}`, body)), [
      400,
      "invalid_body",
    ]);
  assert.deepEqual((await dispatch.get(`/v1/endpoints/${id}`)).json, before);
  await dispatch.delete(`/v1/endpoints/${id}`);
});

test("there are 50 endpoints at most", async () => {
  const made = [];
  for (let n = 0; n < 50; n += 1) made.push((await make({ url: URL_A })).json.id);
  assert.deepEqual(code(await make({ url: URL_A })), [409, "too_many_endpoints"]);
  for (const id of made) await dispatch.delete(`/v1/endpoints/${id}`);
});

test("the audit says who made, changed and deleted an endpoint", async () => {
  const { id } = (await make({ url: URL_A })).json;
  await dispatch.patch(`/v1/endpoints/${id}`, { active: false });
  await dispatch.post(`/v1/endpoints/${id}/secret/rotate`);
  await dispatch.delete(`/v1/endpoints/${id}`);
  const { entries } = (await dispatch.get("/v1/audit?limit=4")).json;
  assert.deepEqual(
    entries.map(({ actor, action, target }) => [actor, action, target]),
    ["endpoint_deleted", "secret_rotated", "endpoint_changed", "endpoint_created"].map((action) => [
      "DISPATCH_TOKEN",
      action,
      id,
    ]),
  );
});

test("what can be subscribed to is listed", async () => {
  await dispatch.registry("ask", JSON.stringify({ note: { journals: ["shop.0", "shop.1"] } }));
  const { json } = await dispatch.get("/v1/event-types");
  assert.deepEqual(json.formats, ["cloudevents", "payload", "slack"]);
  assert.deepEqual(json.types, [
    "orderhook.order.status.v1",
    "orderhook.delivery.unrecognized.v1",
    "orderhook.operational.source_silent.v1",
    "orderhook.operational.source_refusing.v1",
    "orderhook.operational.endpoint_disabled.v1",
    "orderhook.operational.dead_letters.v1",
  ]);
  assert.deepEqual(json.phases, ["open", "moving", "problem", "returning", "closed", "other"]);
  assert.ok(json.statuses.includes("returning"));
  assert.deepEqual(
    json.sources.filter((name) => name === "shop"),
    ["shop"],
  );
});

describe("the key that seals", () => {
  const folders = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  const [OLD, NEW] = ["0a".repeat(32), "0b".repeat(32)];
  const withKeys = async (persist, keys, work) => {
    const secrets = { DISPATCH_TOKEN, ...(keys && { DISPATCH_SEAL_KEY: keys }) };
    const dispatch = await startDispatch({ persist, secrets });
    try {
      await work(dispatch);
    } finally {
      await dispatch.stop();
    }
  };

  test("without one no endpoint can be made; a rotated one opens what it has sealed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dispatch-seal-"));
    folders.push(folder);
    let id;
    for (const keys of [undefined, "short"])
      await withKeys(folder, keys, async (dispatch) => {
        const answer = await dispatch.post("/v1/endpoints", { url: URL_A });
        assert.deepEqual(code(answer), [503, "seal_key_missing"]);
        assert.match(answer.json.detail, /DISPATCH_SEAL_KEY/);
      });
    await withKeys(folder, OLD, async (dispatch) => {
      id = (await dispatch.post("/v1/endpoints", { url: URL_A })).json.id;
    });
    await withKeys(folder, NEW, async (dispatch) => {
      assert.equal((await dispatch.get(`/v1/endpoints/${id}`)).json.url, null);
      const answer = await dispatch.post(`/v1/endpoints/${id}/secret/rotate`);
      assert.deepEqual(code(answer), [503, "seal_key_missing"]);
    });
    await withKeys(folder, `${NEW} ${OLD}`, async (dispatch) => {
      assert.equal((await dispatch.get(`/v1/endpoints/${id}`)).json.url, URL_A);
      await dispatch.patch(`/v1/endpoints/${id}`, { description: "a" });
    });
    // The change has sealed it with the first key.
    await withKeys(folder, NEW, async (dispatch) => {
      assert.equal((await dispatch.get(`/v1/endpoints/${id}`)).json.url, URL_A);
    });
  });
});
