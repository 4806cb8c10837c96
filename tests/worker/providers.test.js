// Providers that variables declare, and what a definition wants of the Worker: several events from one request, words that are
// ignored, handshakes, and answers of its own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { node22 } from "../../scripts/setup.js";
import { block, page } from "../support/readme.js";
import { assertEvent } from "../support/schema.js";
import { builtFile } from "../support/settings.js";
import * as sign from "../support/sign.js";
import { queueStandIn } from "../support/stand-in.js";
import { COMPATIBILITY_DATE, start } from "../support/workerd.js";

const SECRET = "acme-secret-0d9f3b7a51";
const TOKEN = "acme-token-77f0a1b2c3";
const SECRETS = { ACME_SECRET: SECRET, ACME_TOKEN: TOKEN };

const hmac = (header) => ({
  type: "hmac",
  signature: { header, encoding: "hex" },
  signs: ["body"],
});
const signed = (body, header = "x-acme-signature") => ({
  [header]: createHmac("sha256", SECRET).update(body).digest("hex"),
});

const ACME = {
  page: "https://acme.example/webhooks",
  scheme: hmac("x-acme-signature"),
  event: { id: "/id", time: "/at", topic: "/type" },
  order: { id: "/order", reference: "/ref" },
  status: { word: "/state", words: { shipped: ["Sent"], delivered: ["Done"], ignored: ["Seen"] } },
};
const TWO_SCHEMES = {
  ...ACME,
  scheme: [
    { name: "v2", ...hmac("x-acme-v2") },
    { name: "v1", ...hmac("x-acme-v1") },
  ],
};
const PARCELS = {
  ...ACME,
  event: { each: "/parcels", id: "id", time: "at" },
  order: { id: "order" },
  status: { ...ACME.status, word: "state" },
};

let count = 0;
const order = (more) => ({
  id: `id-${++count}`,
  at: "2026-11-20T10:00:00Z",
  type: "moved",
  order: "A-1",
  state: "Sent",
  ...more,
});

/** Returns the problems of a source, as `/healthz` has them. */
const problemsOf = async (worker, name) => (await worker.health()).json.sources[name].problems;

const source = (provider, more) => ({ provider, secrets: ["ACME_SECRET"], ...more });

describe("declared providers", () => {
  let worker;
  const BROKEN = { ...ACME, order: { id: "order" } };
  const SOURCES = {
    acme: source("acme"),
    "as-text": source("acme-of-a-text"),
    "first-scheme": source("two-schemes"),
    "second-scheme": source("two-schemes", { scheme: "v1" }),
    "no-such-scheme": source("two-schemes", { scheme: "v3" }),
    "scheme-of-one": source("wakilni", { scheme: "v1" }),
    "scheme-is-a-number": source("two-schemes", { scheme: 1 }),
    broken: source("broken"),
    "no-json": source("no-json"),
    unknown: source("pigeon"),
    redefined: source("wegocod"),
    definition: source("wakilni", { secrets: ["PROVIDER_NO_JSON"] }),
    wakilni: source("wakilni"),
  };
  before(async () => {
    worker = await start({
      vars: {
        SOURCES,
        PROVIDER_ACME: ACME,
        PROVIDER_ACME_OF_A_TEXT: JSON.stringify(ACME),
        PROVIDER_TWO_SCHEMES: TWO_SCHEMES,
        PROVIDER_BROKEN: BROKEN,
        PROVIDER_NO_JSON: "scheme = 1",
        PROVIDER_WEGOCOD: ACME,
      },
      secrets: SECRETS,
    });
  });
  afterEach(() => worker.events());
  after(() => worker.stop());

  for (const [name, provider] of [
    ["acme", "acme"],
    ["as-text", "acme-of-a-text"],
  ]) {
    test(`a delivery to ${name} becomes an event`, async () => {
      const body = JSON.stringify(
        order({ ref: "a reference of more than twelve – and ünïcode 🚚" }),
      );
      const answer = await worker.post(`/hooks/${name}`, body, signed(body));
      const { id } = JSON.parse(body);
      assert.deepEqual([answer.status, answer.json], [202, { status: "accepted", id }]);
      const [event, ...rest] = await worker.events();
      assert.deepEqual(rest, []);
      assertEvent(event);
      const { data } = event;
      assert.deepEqual(
        [event.source, event.id, event.time, event.subject],
        [`/hooks/${name}`, id, "2026-11-20T10:00:00Z", "A-1"],
      );
      assert.deepEqual(
        [data.provider, data.authenticity, data.status.now, data.payload],
        [provider, "body_signed", "shipped", body],
      );
      assert.equal(data.order.reference, "a reference of more than twelve – and ünïcode 🚚");
      const line = await worker.logged(({ at, id: logged }) => at === "delivery" && logged === id);
      assert.deepEqual([line.provider, line.outcome], [provider, "accepted"]);
    });
  }

  test("a delivery that is not signed is refused", async () => {
    const body = JSON.stringify(order());
    const wrong = { "x-acme-signature": "0".repeat(64) };
    for (const [headers, code] of [
      [{}, "missing_signature"],
      [wrong, "signature_mismatch"],
    ]) {
      const answer = await worker.post("/hooks/acme", body, headers);
      assert.deepEqual([answer.status, answer.json.code], [401, code]);
    }
  });

  test("the setting `scheme` picks one of several", async () => {
    const body = JSON.stringify(order());
    const post = async (name, header) =>
      (await worker.post(`/hooks/${name}`, body, signed(body, header))).status;
    assert.equal(await post("first-scheme", "x-acme-v2"), 202);
    assert.equal(await post("second-scheme", "x-acme-v1"), 202);
    // The other one is not tried.
    assert.equal(await post("first-scheme", "x-acme-v1"), 401);
    assert.equal(await post("second-scheme", "x-acme-v2"), 401);
  });

  for (const [name, provider, problem] of [
    [
      "no-such-scheme",
      "two-schemes",
      "`PROVIDER_TWO_SCHEMES`: scheme: there is no scheme of this name; there are v2, v1",
    ],
    [
      "scheme-of-one",
      "wakilni",
      "scheme: the definition has one scheme, without a name; leave the name out",
    ],
    ["scheme-is-a-number", "two-schemes", "`scheme` must be the name of one of its schemes"],
    ["broken", "broken", /^`PROVIDER_BROKEN`: order\.id: /],
    ["no-json", "no-json", "`PROVIDER_NO_JSON`: the definition is not JSON"],
    ["unknown", null, /^`provider` must be one of .*`gooten`, .*`wegocod`, .*`acme`, .*`broken`/],
    [
      "redefined",
      "wegocod",
      "`PROVIDER_WEGOCOD`: a built-in provider cannot be redefined: choose another name",
    ],
    ["definition", "wakilni", "PROVIDER_NO_JSON is orderhook's own variable and no secret"],
  ]) {
    test(`${name} answers 503, and /healthz says why`, async () => {
      const body = JSON.stringify(order());
      const answer = await worker.post(`/hooks/${name}`, body, signed(body));
      assert.deepEqual([answer.status, answer.json.code], [503, "source_not_configured"]);
      const [found, ...rest] = await problemsOf(worker, name);
      assert.deepEqual(rest, []);
      if (problem instanceof RegExp) assert.match(found, problem);
      else assert.equal(found, problem);
      const { sources } = (await worker.health()).json;
      assert.equal(sources[name].provider, provider);
    });
  }

  test("the others go on, and /healthz says that a built-in one was redefined", async () => {
    const { json } = await worker.health();
    assert.deepEqual(
      [json.status, json.problems],
      [
        "degraded",
        ["`PROVIDER_WEGOCOD`: a built-in provider cannot be redefined: choose another name"],
      ],
    );
    assert.equal(json.sources.acme.provider, "acme");
    const body = '{"event_id":"1","event":"Order Created","data":{"order_id":1}}';
    const answer = await worker.post("/hooks/wakilni", body, sign.wakilni(SECRET, body));
    assert.equal(answer.status, 202);
  });

  test("a word that says nothing of an order's state is ignored", async () => {
    const body = JSON.stringify(order({ state: "Seen" }));
    const answer = await worker.post("/hooks/acme", body, signed(body));
    assert.deepEqual([answer.status, answer.json], [200, { status: "ignored" }]);
    assert.deepEqual(await worker.events(), []);
    const line = await worker.logged(({ code }) => code === "ignored");
    assert.deepEqual([line.source, line.outcome, line.id], ["acme", "ignored", null]);
    const refused = await worker.post("/hooks/acme", body, signed("another"));
    assert.equal(refused.status, 401);
  });
});

describe("several events from one request", () => {
  let worker;
  before(async () => {
    const SOURCES = { parcels: source("parcels"), strict: source("parcels", { dedup: "strict" }) };
    worker = await start({ vars: { SOURCES, PROVIDER_PARCELS: PARCELS }, secrets: SECRETS });
  });
  after(() => worker.stop());

  for (const name of ["parcels", "strict"]) {
    test(`${name}: all are queued, and a copy is a duplicate`, async () => {
      const parcels = [order(), order({ state: "Seen" }), order({ state: "Done" }), order()];
      const body = JSON.stringify({ parcels });
      const post = (text) => worker.post(`/hooks/${name}`, text, signed(text));
      const { id } = parcels[0];
      const answer = await post(body);
      assert.deepEqual([answer.status, answer.json], [202, { status: "accepted", id }]);
      const events = await worker.events();
      for (const event of events) assertEvent(event);
      assert.deepEqual(
        events.map(({ id, data }) => [id, data.status.now, JSON.parse(data.payload)]),
        [
          [parcels[0].id, "shipped", parcels[0]],
          [parcels[2].id, "delivered", parcels[2]],
          [parcels[3].id, "shipped", parcels[3]],
        ],
      );

      const copy = await post(body);
      assert.deepEqual([copy.status, copy.json], [200, { status: "duplicate", id }]);
      assert.deepEqual(await worker.events(), []);

      // One event more: only that one is queued.
      const more = order();
      assert.equal((await post(JSON.stringify({ parcels: [...parcels, more] }))).status, 202);
      assert.deepEqual(
        (await worker.events()).map(({ id }) => id),
        [more.id],
      );
    });
  }

  test("nothing but ignored ones is ignored", async () => {
    const body = JSON.stringify({ parcels: [order({ state: "Seen" })] });
    const answer = await worker.post("/hooks/parcels", body, signed(body));
    assert.deepEqual([answer.status, answer.json], [200, { status: "ignored" }]);
  });
});

describe("handshakes", () => {
  let worker;
  const HANDSHAKES = {
    "echo-text": { echo: "check" },
    "echo-json": { echo: "crc_token", as: "json" },
    empty: { body: "empty" },
    form: { body: "form" },
    field: {
      body: { "/event": "hello" },
      status: 202,
      headers: { "x-acme-integration": "f3992ecc" },
    },
    bare: { body: { "/event": "hello" }, status: 204 },
  };
  before(async () => {
    const names = Object.keys(HANDSHAKES);
    const SOURCES = {
      ...Object.fromEntries(names.map((name) => [name, source(name)])),
      guarded: source("echo-text", { token: "ACME_TOKEN" }),
      "not-ready": source("echo-text", { secrets: ["NOT_SET"] }),
    };
    const definitions = names.map((name) => [
      `PROVIDER_${name.toUpperCase().replace("-", "_")}`,
      { ...ACME, handshake: [HANDSHAKES[name]], answer: { headers: { "x-acme": "yes" } } },
    ]);
    worker = await start({
      vars: { SOURCES, ...Object.fromEntries(definitions) },
      secrets: SECRETS,
    });
  });
  after(() => worker.stop());
  afterEach(async () => assert.deepEqual(await worker.events(), []));

  test("a query is echoed as text", async () => {
    const { status, text, headers } = await worker.get("/hooks/echo-text?check=aB-_9");
    assert.deepEqual(
      [status, text, headers["content-type"], headers["x-acme"], headers["cache-control"]],
      [200, "aB-_9", "text/plain", "yes", "no-store"],
    );
  });

  test("a query is echoed as JSON", async () => {
    const { status, json, headers } = await worker.get("/hooks/echo-json?crc_token=abc");
    assert.deepEqual(
      [status, json, headers["content-type"]],
      [200, { crc_token: "abc" }, "application/json"],
    );
  });

  test("nothing else is echoed", async () => {
    for (const path of [
      "/hooks/echo-text",
      "/hooks/echo-text?check=",
      "/hooks/echo-text?check=%3Cscript%3E",
      `/hooks/echo-text?check=${"x".repeat(257)}`,
      "/hooks/echo-json?check=abc",
    ])
      assert.equal((await worker.get(path)).json.status, "ready", path);
    const head = await worker.send({ method: "HEAD", path: "/hooks/echo-text?check=abc" });
    assert.deepEqual([head.status, head.text], [200, ""]);
    const body = JSON.stringify(order());
    assert.equal((await worker.post("/hooks/echo-text?check=abc", body, {})).status, 401);
  });

  test("it is echoed at the source's address alone, and before the source is ready", async () => {
    for (const path of ["/hooks/nobody", "/hooks/guarded", "/hooks/guarded/wrong"]) {
      const answer = await worker.get(`${path}?check=abc`);
      assert.deepEqual([answer.status, answer.json.code], [404, "not_found"], path);
      assert.equal(answer.headers["x-acme"], undefined);
    }
    for (const path of [`/hooks/guarded/${TOKEN}`, "/hooks/not-ready"])
      assert.equal((await worker.get(`${path}?check=abc`)).text, "abc", path);
  });

  const FORM = { "content-type": "application/x-www-form-urlencoded" };
  for (const [name, body, headers, status] of [
    ["empty", "", {}, 200],
    ["empty", "{}", {}, 200],
    ["form", "webhook_id=1", FORM, 200],
    ["field", '{"event":"hello"}', {}, 202],
  ]) {
    test(`a POST that is a handshake is answered unsigned: ${name} ${body}`, async () => {
      const answer = await worker.post(`/hooks/${name}`, body, headers);
      assert.deepEqual(
        [answer.status, answer.json, answer.headers["x-acme"]],
        [status, { status: "ready", source: name, provider: name }, "yes"],
      );
      const integration = name === "field" ? "f3992ecc" : undefined;
      assert.equal(answer.headers["x-acme-integration"], integration);
      const bytes = Buffer.byteLength(body);
      const line = await worker.logged((line) => line.source === name && line.bytes === bytes);
      assert.deepEqual([line.code, line.outcome], ["ready", "ready"]);
    });
  }

  test("an answer without content has none", async () => {
    const answer = await worker.post("/hooks/bare", '{"event":"hello"}', {});
    assert.deepEqual([answer.status, answer.text], [204, ""]);
  });

  test("another POST is verified", async () => {
    for (const [name, body] of [
      ["empty", "{} x"],
      ["form", "webhook_id=1"],
      ["field", '{"event":"hello","event":"hello"}'],
      ["echo-text", ""],
    ]) {
      const answer = await worker.post(`/hooks/${name}`, body, {});
      assert.deepEqual([answer.status, answer.json.code], [401, "missing_signature"], name);
      assert.equal(answer.headers["x-acme"], "yes");
    }
  });
});

describe("answers that a definition asks for", () => {
  let worker;
  const queue = queueStandIn();
  const ANSWERS = {
    whole: {
      status: 200,
      headers: { "x-acme": "yes", "content-type": "text/x-acme" },
      body: "OK",
    },
    text: { body: "OK" },
    json: { status: 201, body: '{"success":true}' },
    bare: { status: 204 },
    quick: { within: 2 },
  };
  before(async () => {
    const definitions = Object.entries(ANSWERS).map(([name, answer]) => [
      `PROVIDER_${name.toUpperCase()}`,
      { ...ACME, answer },
    ]);
    const SOURCES = Object.fromEntries(Object.keys(ANSWERS).map((name) => [name, source(name)]));
    worker = await start({
      vars: { SOURCES, DEADLINE_MS: 60_000, ...Object.fromEntries(definitions) },
      secrets: SECRETS,
      standIns: { EVENTS: await queue },
    });
  });
  afterEach(async () => ((await queue).mode = "works"));
  after(async () => {
    await worker.stop();
    await (await queue).stop();
  });

  for (const [name, status, type, text] of [
    ["whole", 200, "text/x-acme", "OK"],
    ["text", undefined, "text/plain", "OK"],
    ["json", 201, "application/json", '{"success":true}'],
    ["bare", 204, "application/json", ""],
  ]) {
    test(`${name}: of an event, its copy and an ignored word`, async () => {
      const first = JSON.stringify(order());
      const ignored = JSON.stringify(order({ state: "Seen" }));
      for (const [body, usual] of [
        [first, 202],
        [first, 200],
        [ignored, 200],
      ]) {
        const answer = await worker.post(`/hooks/${name}`, body, signed(body));
        assert.deepEqual(
          [answer.status, answer.headers["content-type"], answer.text],
          [status ?? usual, type, text],
        );
        assert.equal(answer.headers["cache-control"], "no-store");
      }
      for (const code of ["accepted", "duplicate", "ignored"])
        await worker.logged((line) => line.source === name && line.code === code);
    });
  }

  test("its headers are in every answer, and a problem stays a problem", async () => {
    const refused = await worker.post("/hooks/whole", "{}", {});
    assert.deepEqual(
      [refused.status, refused.headers["x-acme"], refused.headers["content-type"]],
      [401, "yes", "application/problem+json"],
    );
    const ready = await worker.get("/hooks/whole");
    assert.deepEqual(
      [ready.status, ready.headers["x-acme"], ready.json.status],
      [200, "yes", "ready"],
    );
  });

  test("a second before the provider gives up, the queue is not waited for any longer", async () => {
    (await queue).mode = "hangs";
    const body = JSON.stringify(order());
    const answer = await worker.post("/hooks/quick", body, signed(body));
    assert.deepEqual([answer.status, answer.json.code], [503, "queue_unavailable"]);
    const line = await worker.logged(({ code }) => code === "queue_unavailable");
    const [, ms] = line.cause.match(/^the queue took longer than (\d+) ms$/);
    // What KV has left of a second. The last quarter is the queue's.
    assert.ok(250 <= ms && ms <= 1000, ms);
  });
});

test("the documentation's declared provider takes a delivery", async () => {
  const { vars } = parse(block("declared", page("docs/configuration.md")));
  const worker = await start({ vars, secrets: SECRETS });
  try {
    const body = JSON.stringify(order({ state: "Done" }));
    assert.equal((await worker.post("/hooks/acme", body, signed(body))).status, 202);
    const [event] = await worker.events();
    assert.equal(event.data.status.now, "delivered");
  } finally {
    await worker.stop();
  }
});

describe("ten declared providers and forty sources", () => {
  const DECLARED = Array.from({ length: 10 }, (_, at) => `acme-${at}`);
  const SOURCES = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`source-${at}`, source(DECLARED[at % 10])]),
  );
  const vars = {
    SOURCES,
    ...Object.fromEntries(
      DECLARED.map((name) => [`PROVIDER_${name.toUpperCase().replace("-", "_")}`, ACME]),
    ),
  };

  test("wrangler takes them", () => {
    const folder = mkdtempSync(join(tmpdir(), "orderhook-forty-"));
    try {
      const main = fileURLToPath(builtFile("build", "entry.js"));
      const settings = { name: "forty", main, compatibility_date: COMPATIBILITY_DATE, vars };
      writeFileSync(join(folder, "wrangler.json"), JSON.stringify(settings));
      const wrangler = fileURLToPath(
        new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url),
      );
      const args = [wrangler, "deploy", "--dry-run", "--config", join(folder, "wrangler.json")];
      const env = {
        ...process.env,
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_SEND_ERROR_REPORTS: "false",
        NO_COLOR: "1",
      };
      const { status, stdout, stderr } = spawnSync(node22(), args, {
        cwd: folder,
        env,
        encoding: "utf8",
      });
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, /PROVIDER_ACME_9/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("each of the sources is ready, and one takes a delivery", async () => {
    const worker = await start({ vars, secrets: SECRETS });
    try {
      const { sources, problems } = (await worker.health()).json;
      assert.deepEqual(problems, []);
      assert.equal(Object.values(sources).filter(({ ready }) => ready).length, 40);
      const body = JSON.stringify(order());
      const answer = await worker.post("/hooks/source-39", body, signed(body));
      assert.equal(answer.status, 202);
      const [event] = await worker.events();
      assert.deepEqual([event.source, event.data.provider], ["/hooks/source-39", "acme-9"]);
    } finally {
      await worker.stop();
    }
  });
});
