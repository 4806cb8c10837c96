// README.md against the project: its tables are the core's, its examples are what the Worker answers, its links lead somewhere.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { providers } from "../../pkg/node.js";
import { phase } from "../oracles/case.js";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import { DEPLOY, README, block, json } from "../support/readme.js";
import { SCHEMA } from "../support/schema.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const ROOT = new URL("../../", import.meta.url);
const text = (path) => readFileSync(new URL(path, ROOT), "utf8");
const WRANGLER = text("wrangler.toml");

/** Returns the text under a heading, up to the next one of the same or a higher level. */
function section(heading) {
  const [, level] = README.match(new RegExp(`^(#+) ${heading}$`, "m")) ?? [];
  assert.ok(level, `README.md has no heading "${heading}"`);
  const rest = README.slice(
    README.indexOf(`${level} ${heading}\n`) + level.length + heading.length + 1,
  );
  return rest.split(new RegExp(`^#{1,${level.length}} `, "m"))[0];
}

/** The rows of the first table under a heading, as lists of cells. */
function table(heading) {
  const lines = section(heading).split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const rows = lines.slice(first + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const codes = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
const yes = (cell) => ({ yes: true, no: false })[cell];

const WAKILNI = json("event").data.payload;
const signed = () => ({
  ...sign.wakilni(SECRETS.WAKILNI_SECRET, WAKILNI),
  "x-attempt-number": "1",
});

describe("the tables", () => {
  const core = Object.fromEntries(providers().map((provider) => [provider.name, provider]));

  const words = (heading) =>
    table(heading).flatMap(([cell, status, final]) =>
      codes(cell).map((text) => ({ text, status: codes(status)[0], final: yes(final) })),
    );
  const sorted = (list) =>
    list.map(({ text, status, final }) => JSON.stringify([text, status, final])).sort();

  const HEADINGS = {
    wakilni: "From Wakilni",
    wegocod: "From WeGoCod",
    up42: "From UP42",
    gooten: "From Gooten and Sensaria",
  };

  for (const [provider, heading] of Object.entries(HEADINGS)) {
    test(`the statuses of ${provider}`, () => {
      assert.deepEqual(
        sorted(words(heading)),
        sorted([...core[provider].events, ...core[provider].statuses]),
      );
    });
  }

  test("the vocabulary, which is that of Standard Webhooks too", () => {
    const rows = table("Statuses").map(([status, , final]) => ({
      text: codes(status)[0],
      status: codes(status)[0],
      final: yes(final),
    }));
    assert.deepEqual(
      rows.map(({ text }) => text),
      SCHEMA.$defs.status.enum,
    );
    assert.deepEqual(sorted(rows.slice(0, -1)), sorted(core["standard-webhooks"].statuses));
  });

  test("the phases, each status in one, and the reasons", () => {
    const { phase: phases, reason: reasons } = SCHEMA.$defs.change.properties;
    const rows = table("Phases");
    assert.deepEqual(
      rows.flatMap(([name]) => codes(name)),
      phases.enum,
    );
    const all = rows.flatMap(([name, , cell]) =>
      codes(cell).map((status) => [status, codes(name)[0]]),
    );
    assert.deepEqual(all.map(([status]) => status).sort(), [...SCHEMA.$defs.status.enum].sort());
    for (const [status, name] of all) assert.equal(phase(status), name, status);
    const list = section("Reasons").trim().split("\n\n").at(-1);
    assert.deepEqual(codes(list), reasons.examples);
  });

  test("every provider", () => {
    const [, rows] = section("Settings").split("| provider | `secrets` | `token` |\n");
    const told = [...rows.matchAll(/^\| \[`([a-z0-9-]+)`\]/gm)].map(([, name]) => name);
    assert.deepEqual([...new Set(told)].sort(), Object.keys(core).sort());
  });

  test("every code of an answer, and every code of the log", () => {
    const functions = ["src/worker/http/answer.rs", "src/core/scheme/refusal.rs"].map(
      (path) => text(path).match(/ fn code\(.*?\n {4}}\n/s)[0],
    );
    const inRust = functions.flatMap((source) => [...source.matchAll(/=> "(\w+)"/g)]);
    const all = [...new Set(inRust.map(([, code]) => code))].sort();
    assert.ok(all.includes("accepted") && all.includes("digest_mismatch"));
    const answered = table("What it answers").flatMap(([, , code]) => codes(code));
    assert.deepEqual(answered.sort(), all);
    const [, toDo] = section("Reading the log").split("| code | what to do |");
    // A request for the details of the health is not a delivery.
    const ofDeliveries = all.filter((code) => code !== "health_token_wrong");
    const logged = toDo
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((line) => codes(line.split("|")[1]));
    assert.deepEqual(logged.sort(), ofDeliveries.sort());
  });

  test("every property of the schema", () => {
    const prose = section("The event").replaceAll(/^```.*?^```$/gms, "");
    const named = new Set(codes(prose).flatMap((code) => code.split(".")));
    const properties = (schema) => [
      ...Object.keys(schema.properties ?? {}),
      ...(schema.oneOf ?? []).flatMap(properties),
    ];
    const all = [SCHEMA, ...Object.values(SCHEMA.$defs)].flatMap(properties);
    const shown = new Set([
      ...named,
      ...Object.keys(json("event")),
      "amount",
      "currency",
      ...Object.keys(json("reason")),
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

  test("every variable, with the value that wrangler.toml gives it", () => {
    const rows = section("Settings")
      .split("\n")
      .filter((line) => /^\| `[A-Z_]+` \|/.test(line));
    const stated = rows.map((row) =>
      row
        .split("|")
        .slice(1, 3)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
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
      assert.deepEqual(await unset.logged(({ at }) => at === "settings"), json("settings"));
    } finally {
      await unset.stop();
    }
  });

  test("a refusal", async () => {
    const { status, json: problem } = await worker.post(
      hook("wakilni"),
      WAKILNI,
      sign.wakilni("another", WAKILNI),
    );
    assert.deepEqual(problem, json("problem"));
    assert.equal(status, problem.status);
  });

  test("the line of a delivery", async () => {
    const lines = block("log")
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

describe("links", () => {
  const PAGES = [
    ...["README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"],
    ...readdirSync(new URL("docs/", ROOT))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
    "examples/README.md",
    ...["consumer-js", "consumer-rust", "http-pull", "restore"].map(
      (name) => `examples/${name}/README.md`,
    ),
  ];
  // As GitHub makes them.
  const anchor = (heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-");
  const anchors = (page) =>
    [...text(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading));

  for (const page of PAGES) {
    test(`those of ${page} lead somewhere`, () => {
      const links = [...text(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link]) => link)
        .filter((link) => !/^https?:/.test(link));
      const broken = links.filter((link) => {
        const [path, fragment] = link.split("#");
        const target = new URL(path || page.split("/").at(-1), new URL(page, ROOT));
        if (!existsSync(target)) return true;
        return fragment !== undefined && !anchors(target).includes(fragment);
      });
      assert.deepEqual(broken, []);
    });
  }
});
