// The pages against the project: their tables are the core's, and their examples are what the
// Worker answers and logs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { parse } from "smol-toml";
import { providers } from "../../pkg/node.js";
import { phase } from "../oracles/case.js";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import { block, json, page } from "../support/readme.js";
import { SCHEMA } from "../support/schema.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const ROOT = new URL("../../", import.meta.url);
const text = (path) => readFileSync(new URL(path, ROOT), "utf8");
const WRANGLER = text("wrangler.toml");

const README = page("README.md");
const CONFIGURATION = page("docs/configuration.md");
const DEPLOY = page("docs/deploy.md");
const EVENT = page("docs/event.md");
const HTTP_API = page("docs/http-api.md");
const LOGS = page("docs/logs.md");

/** Returns the text of a page under a heading, up to the next one of the same or a higher level. */
function section(text, heading) {
  const [line, level] = text.match(new RegExp(`^(#+) ${heading}$`, "m")) ?? [];
  assert.ok(line, `there is no heading "${heading}"`);
  const rest = text.slice(text.indexOf(`${line}\n`) + line.length);
  return rest.split(new RegExp(`^#{1,${level.length}} `, "m"))[0];
}

/** Returns the rows of the table that begins with this line, as lists of cells. */
function table(text, head) {
  const lines = text.split("\n");
  const first = lines.indexOf(head);
  assert.ok(first >= 0, `there is no table "${head}"`);
  const rows = lines.slice(first + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const codes = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
const yes = (cell) => ({ yes: true, no: false })[cell];

const WAKILNI = json("event", EVENT).data.payload;
const signed = () => ({
  ...sign.wakilni(SECRETS.WAKILNI_SECRET, WAKILNI),
  "x-attempt-number": "1",
});

describe("the tables", () => {
  const core = Object.fromEntries(providers().map((provider) => [provider.name, provider]));

  const sorted = (list) =>
    list.map(({ text, status, final }) => JSON.stringify([text, status, final])).sort();

  const STATUSES = table(EVENT, "| status | phase | the order … | `final` |");

  test("the statuses, which are the words of Standard Webhooks, too", () => {
    const rows = STATUSES.map(([status, , , final]) => ({
      text: codes(status)[0],
      status: codes(status)[0],
      final: yes(final),
    }));
    assert.deepEqual(rows.map(({ text }) => text).sort(), [...SCHEMA.$defs.status.enum].sort());
    const sent = rows.filter(({ text }) => text !== "unknown");
    assert.deepEqual(sorted(sent), sorted(core["standard-webhooks"].statuses));
  });

  test("the phase of each status, and the reasons", () => {
    const { phase: phases, reason: reasons } = SCHEMA.$defs.change.properties;
    for (const [status, name] of STATUSES)
      assert.equal(phase(codes(status)[0]), codes(name)[0], status);
    const rows = table(EVENT, "| phase | the order … |");
    assert.deepEqual(
      rows.flatMap(([name]) => codes(name)),
      phases.enum,
    );
    const list = section(EVENT, "Reasons").trim().split("\n\n").at(-1);
    assert.deepEqual(codes(list), reasons.examples);
  });

  test("every provider", () => {
    const [, rows] = README.split(/<!-- \/?providers -->/);
    const told = [...rows.matchAll(/\[`([a-z0-9-]+)`\]\(docs\/providers\//g)].map(
      ([, name]) => name,
    );
    assert.deepEqual([...new Set(told)].sort(), Object.keys(core).sort());
  });

  test("every code of an answer, and every code of the log", () => {
    const functions = ["src/worker/http/answer.rs", "src/core/scheme/refusal.rs"].map(
      (path) => text(path).match(/ fn code\(.*?\n {4}}\n/s)[0],
    );
    const inRust = functions.flatMap((source) => [...source.matchAll(/=> "(\w+)"/g)]);
    const all = [...new Set(inRust.map(([, code]) => code))].sort();
    assert.ok(all.includes("accepted") && all.includes("digest_mismatch"));
    const answered = table(HTTP_API, "| when | answer | code |").flatMap(([, , code]) =>
      codes(code),
    );
    assert.deepEqual(answered.sort(), all);
    // A request for the details of the health is not a delivery.
    const ofDeliveries = all.filter((code) => code !== "health_token_wrong");
    const logged = table(LOGS, "| code | what to do |").flatMap(([code]) => codes(code));
    assert.deepEqual(logged.sort(), ofDeliveries.sort());
  });

  test("every property of the schema", () => {
    const prose = EVENT.replaceAll(/^```.*?^```$/gms, "");
    const named = new Set(codes(prose).flatMap((code) => code.split(".")));
    const properties = (schema) => [
      ...Object.keys(schema.properties ?? {}),
      ...(schema.oneOf ?? []).flatMap(properties),
    ];
    const all = [SCHEMA, ...Object.values(SCHEMA.$defs)].flatMap(properties);
    const shown = new Set([
      ...named,
      ...Object.keys(json("event", EVENT)),
      "amount",
      "currency",
      ...Object.keys(json("reason", EVENT)),
      "text",
    ]);
    assert.deepEqual(
      all.filter((property) => !shown.has(property)),
      [],
    );
    const reasons = SCHEMA.$defs.unrecognized.properties.reason.properties.code.enum;
    assert.deepEqual(
      reasons.filter((code) => !named.has(code)),
      [],
    );
  });

  test("the short event is a part of the whole one", () => {
    const short = json("short-event", README);
    const whole = json("event", EVENT);
    const partOf = (value, like) =>
      Object.fromEntries(
        Object.entries(like).map(([key, inner]) => [
          key,
          inner !== null && typeof inner === "object" ? partOf(value[key], inner) : value[key],
        ]),
      );
    assert.deepEqual(short, partOf(whole, short));
  });

  test("every variable, with the value that wrangler.toml gives it", () => {
    const rows = table(CONFIGURATION, "| variable | default | what it is |");
    const stated = rows.map((cells) => cells.slice(0, 2).map((cell) => cell.replaceAll("`", "")));
    const [, vars] = WRANGLER.match(/^\[vars\]\n(.*?)^\[/ms);
    const given = [...vars.matchAll(/^(\w+) = "?(\w+)"?$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    assert.equal(given.length, 4);
    assert.deepEqual(stated, given);
  });
});

describe("the examples of what the Worker answers and logs", () => {
  let worker;
  before(async () => {
    worker = await start({ withDispatch: true });
  });
  after(() => worker.stop());

  test("/healthz", async () => {
    const { json: health } = await worker.health();
    const { wakilni } = health.sources;
    assert.deepEqual({ ...health, sources: { wakilni } }, json("healthz", DEPLOY));
  });

  test("errors in the settings", async () => {
    const { WAKILNI_SECRET, ...secrets } = SECRETS;
    const { wakilni } = SOURCES;
    const unset = await start({ vars: { SOURCES: { wakilni } }, secrets });
    try {
      await unset.get("/healthz");
      assert.deepEqual(await unset.logged(({ at }) => at === "settings"), json("settings", LOGS));
    } finally {
      await unset.stop();
    }
  });

  test("the sources of the configuration are ready", async () => {
    const { vars } = parse(block("sources", CONFIGURATION));
    const named = Object.values(vars.SOURCES).flatMap(({ secrets = [], token }) => [
      ...secrets,
      ...(token ? [token] : []),
    ]);
    const own = named.map((name) => [name, SECRETS[name] ?? `${name.toLowerCase()}-7d1f0a2b`]);
    const started = await start({ vars, secrets: Object.fromEntries(own) });
    try {
      const { json: health } = await started.health();
      assert.deepEqual(Object.keys(health.sources), Object.keys(vars.SOURCES));
      for (const [name, { ready, warnings }] of Object.entries(health.sources))
        assert.deepEqual([ready, warnings], [true, []], name);
    } finally {
      await started.stop();
    }
  });

  test("a refusal", async () => {
    const { status, json: problem } = await worker.post(
      hook("wakilni"),
      WAKILNI,
      sign.wakilni("another", WAKILNI),
    );
    assert.deepEqual(problem, json("problem", HTTP_API));
    assert.equal(status, problem.status);
  });

  test("the line of a delivery", async () => {
    const lines = block("log", LOGS)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal((await worker.post(hook("wakilni"), WAKILNI, signed())).status, 202);
    for (const expected of lines) {
      const logged = await worker.logged(({ at, id }) => at === expected.at && id === expected.id);
      assert.deepEqual({ ...logged, ...("ms" in expected && { ms: expected.ms }) }, expected);
      assert.deepEqual(Object.keys(logged), Object.keys(expected));
    }
  });
});
