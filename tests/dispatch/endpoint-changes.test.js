// Endpoints are changed while something is wrong: a journal fails, the key is lost, a record is of a later version.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DISPATCH_TOKEN, event, NAME, startDispatch } from "../support/dispatch.js";
import { isSigned, startEndpoint } from "../support/endpoint.js";
import { assertAnswer } from "../support/openapi.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const URL_A = "https://example.com/hooks?key=in-the-url";
const [OLD, NEW] = ["0a".repeat(32), "0b".repeat(32)];

const folders = [];
let dispatch;
before(async () => (dispatch = await startDispatch({ around: OPEN })));
after(async () => {
  await dispatch.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-changes-"));
  folders.push(folder);
  return folder;
}

const code = ({ status, json }) => [status, json?.code];
const make = (body) => dispatch.post("/v1/endpoints", body);
const rotate = (id) => dispatch.post(`/v1/endpoints/${id}/secret/rotate`);

/** Runs `work` on a dispatch of its own. */
async function withDispatch(options, work) {
  const own = await startDispatch({ around: OPEN, ...options });
  try {
    return await work(own);
  } finally {
    await own.stop();
  }
}

test("three secrets sign at most, and none is dropped for another", async () => {
  const { id } = (await make({ url: URL_A })).json;
  for (const n of [2, 3]) assert.equal((await rotate(id)).status, 200, `secret ${n}`);
  const refused = await rotate(id);
  assertAnswer("POST", `/v1/endpoints/${id}/secret/rotate`, refused);
  assert.deepEqual(code(refused), [409, "too_many_secrets"]);
  await dispatch.delete(`/v1/endpoints/${id}`);
});

test("the endpoints of a registry that was restored replace those that a journal has", async () => {
  await withDispatch({}, async (own) => {
    const sql = (...query) => own.registry("sql", ...query);
    const made = async () =>
      (await own.post("/v1/endpoints", { url: URL_A, active: false })).json.id;
    const [deleted, other] = [await made(), await made()];
    const deliveries = async () =>
      (await own.get(`/v1/endpoints/${deleted}/deliveries`)).json.deliveries;
    await own.take(event({ id: "before" }));
    const endpoints = await sql("SELECT id, record FROM endpoints");
    const meta = await sql("SELECT name, value FROM meta");
    assert.equal((await own.delete(`/v1/endpoints/${deleted}`)).status, 204);
    await own.take(event({ id: "between" }));
    await sql("DELETE FROM endpoints");
    for (const row of endpoints)
      await sql("INSERT INTO endpoints (id, record) VALUES (?, ?)", ...row);
    for (const row of meta) await sql("UPDATE meta SET value = ?2 WHERE name = ?1", ...row);
    const changed = await own.patch(`/v1/endpoints/${other}`, { description: "after the restore" });
    assert.equal(changed.status, 200, changed.text);
    await own.take(event({ id: "after" }));
    assert.deepEqual(
      (await deliveries()).map(({ event_id: id }) => id),
      ["after"],
    );
  });
});

test("a journal that fails takes no secret away, and confirms no pause and no deletion", async () => {
  await withDispatch({}, async (own) => {
    const { id } = (await own.post("/v1/endpoints", { url: URL_A })).json;
    await own.registry("ask", JSON.stringify({ note: { journals: ["broken"] } }));
    await own.journal("broken", "sql", "DROP TABLE endpoints");
    const rotated = await own.post(`/v1/endpoints/${id}/secret/rotate`);
    assert.equal(rotated.status, 200, rotated.text);
    assert.match(rotated.json.secret, /^whsec_/);
    const paused = await own.patch(`/v1/endpoints/${id}`, { active: false });
    assert.deepEqual(code(paused), [503, "journal_unavailable"]);
    for (const attempt of ["first", "second"])
      assert.deepEqual(
        code(await own.delete(`/v1/endpoints/${id}`)),
        [503, "journal_unavailable"],
        attempt,
      );
  });
});

test("without the key that sealed it, an endpoint is paused and described, and gets a new URL with a new secret", async () => {
  const persist = newFolder();
  const secrets = (key) => ({ DISPATCH_TOKEN, DISPATCH_SEAL_KEY: key });
  const made = await withDispatch({ persist, secrets: secrets(OLD) }, async (own) => {
    return (await own.post("/v1/endpoints", { url: URL_A })).json;
  });
  const path = `/v1/endpoints/${made.id}`;
  await withDispatch({ persist, secrets: secrets(NEW) }, async (own) => {
    const change = { active: false, filter: { phases: ["problem"] }, description: "Ops" };
    const { status, json, text } = await own.patch(path, change);
    assert.equal(status, 200, text);
    const { active, filter, description } = json;
    assert.deepEqual([{ active, filter, description }, json.url], [change, null]);
    assert.deepEqual(code(await own.post(`${path}/secret/rotate`)), [503, "seal_key_missing"]);
    const moved = await own.patch(path, { url: "https://example.org/" });
    assertAnswer("PATCH", path, moved);
    assert.equal(moved.json.url, "https://example.org/");
    assert.match(moved.json.secret, /^whsec_/);
    assert.notEqual(moved.json.secret, made.secret);
    assert.equal((await own.patch(path, { url: URL_A })).json.secret, undefined);
  });
});

test("an endpoint of a later version is not taken for deleted, and its events are held", async () => {
  await withDispatch({}, async (own) => {
    const source = "later";
    const { id } = (await own.post("/v1/endpoints", { url: URL_A, filter: { sources: [source] } }))
      .json;
    const other = (await own.post("/v1/endpoints", { url: URL_A, filter: { sources: ["none"] } }))
      .json;
    await own.take(event({ source: "wakilni" }));
    const later = (set, target) =>
      `UPDATE endpoints SET record = json_set(record, ${set}) WHERE id = '${target}'`;
    // The copy of the one has an unknown format, and that of the other an unknown filter.
    await own.journal("wakilni", "sql", later("'$.format', 'avro'", id));
    await own.journal("wakilni", "sql", later("'$.filter.colour', 'red'", other.id));
    await own.take(event({ source: "wakilni" }));
    const query = "SELECT endpoint, state FROM deliveries ORDER BY endpoint";
    assert.deepEqual(
      await own.journal("wakilni", "sql", query),
      [id, other.id].sort().map((endpoint) => [endpoint, "held"]),
    );
    await own.registry("sql", later("'$.format', 'avro'", id));
    const since = JSON.stringify({ endpoints: { since: { version: 0 } } });
    await assert.rejects(own.registry("ask", since), /later version/);
    assert.deepEqual(code(await own.get("/v1/endpoints")), [503, "journal_unavailable"]);
    assert.deepEqual(code(await own.get(`/v1/endpoints/${id}`)), [503, "journal_unavailable"]);
  });
});

test("a URL is shown whole to full tokens alone, and one that is a secret to nobody", async () => {
  const { secret: token } = (await dispatch.post("/v1/tokens", { name: "reader", access: "read" }))
    .json;
  const made = (await make({ url: URL_A })).json;
  const path = `/v1/endpoints/${made.id}`;
  assert.deepEqual(
    [made.url, (await dispatch.get(path)).json.url, (await dispatch.get(path, token)).json.url],
    [URL_A, URL_A, "https://example.com/…"],
  );
  assert.doesNotMatch((await dispatch.get("/v1/endpoints", token)).text, /in-the-url/);
  for (const host of ["discord.com", "acme.webhook.office.com", "HOOKS.zapier.com."]) {
    const secret = (await make({ url: `https://${host}/api/verysecret` })).json;
    assert.equal(secret.url, `https://${host}/…`);
    await dispatch.delete(`/v1/endpoints/${secret.id}`);
  }
  await dispatch.delete(path);
});

test("the largest endpoint is made, and one with a host that is not public is refused", async () => {
  const largest = await make({
    url: `https://example.com/${"a".repeat(2028)}`,
    filter: { sources: Array.from({ length: 64 }, (_, n) => `${n}`.padStart(32, "s")) },
    description: "ä".repeat(200),
  });
  assert.equal(largest.status, 201, largest.text);
  await dispatch.delete(`/v1/endpoints/${largest.json.id}`);
  for (const host of ["example.com..", "printer.lan", "a.onion"])
    assert.deepEqual(code(await make({ url: `https://${host}/` })), [400, "invalid_body"], host);
});

test("a wrong entry of the variables is in the log, and a right one beside it counts", async () => {
  const vars = {
    OWN_HOSTS: "https://hooks.example.com d.example.com",
    LOCAL_ENDPOINTS: "http://127.0.0.1:9 127.0.0.1",
  };
  await withDispatch({ vars }, async (own) => {
    const create = (url) => own.post("/v1/endpoints", { url });
    assert.deepEqual(code(await create("https://d.example.com/")), [400, "invalid_body"]);
    assert.deepEqual(code(await create("http://127.0.0.1/")), [400, "invalid_body"]);
    const { problems } = await own.logged(({ at }) => at === "settings");
    assert.deepEqual(
      problems.map((problem) => problem.match(/`(\w+)`/)[1]),
      ["OWN_HOSTS", "LOCAL_ENDPOINTS"],
    );
  });
});

test("a URL that is not allowed any more disables the endpoint, and its events are held", async () => {
  const server = await startEndpoint();
  const [persist, source] = [newFolder(), "moved"];
  try {
    const vars = { LOCAL_ENDPOINTS: server.pair };
    const made = await withDispatch({ persist, vars }, async (own) => {
      return (await own.post("/v1/endpoints", { url: server.url, filter: { sources: [source] } }))
        .json;
    });
    await withDispatch({ persist }, async (own) => {
      await own.take(event({ source }));
      await own.logged(({ at, endpoint }) => at === "endpoint" && endpoint === made.id);
      const path = `/v1/endpoints/${made.id}`;
      for (let is; is?.active !== false; ) is = (await own.get(path)).json;
      assert.equal((await own.get(path)).json.disabled_reason, "url_not_https");
      for (let held = []; held.length === 0; )
        held = (await own.get(`${path}/deliveries?state=held`)).json.deliveries;
    });
    await withDispatch({ persist, vars }, async (own) => {
      await own.patch(`/v1/endpoints/${made.id}`, { active: true });
      await own.post(`/v1/endpoints/${made.id}/replay`, { failed_only: true });
      const request = await server.inbox.until(() => true);
      assert.ok(isSigned(request, made.secret));
    });
  } finally {
    await server.stop();
  }
});

test("a change is pushed to 500 journals, and each run of the cron looks at as many", async () => {
  await withDispatch({}, async (own) => {
    const journals = Array.from({ length: 501 }, (_, n) => `j${String(n).padStart(3, "0")}`);
    await own.registry("ask", JSON.stringify({ note: { journals } }));
    const made = await own.post("/v1/endpoints", { url: URL_A });
    assert.equal(made.status, 201, made.text);
    const copies = (name) => own.journal(name, "sql", "SELECT count(*) FROM endpoints");
    assert.deepEqual([await copies("j499"), await copies("j500")], [[[1]], [[0]]]);
    const worker = await own.miniflare.getWorker(NAME);
    const armed = async (name) => (await own.journal(name, "armed")) !== null;
    // A run lasts five minutes, and looks at the first 500 journals or at the last.
    for (const name of ["j000", "j500"]) await own.journal(name, "disarm");
    await worker.scheduled({ cron: "*/5 * * * *" });
    assert.notEqual(await armed("j000"), await armed("j500"));
  });
});
