// docs/javascript.md and the package's README against the package: the examples run, and the tables
// are the code's.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import * as orderhook from "../../pkg/node.js";
import { wakilni } from "../support/sign.js";
import { Pages } from "./docs/pages.js";
import { Reader, SECRET } from "./docs/reader.js";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const text = (path) => readFileSync(file(path), "utf8");
const TYPES = text("../../pkg/index.d.ts");
const TOKEN = "t0ken-0123456789-of-this-test";

const pages = new Pages("pkg/README.md", "docs/javascript.md");
const README = pages.text("pkg/README.md");
const REFERENCE = pages.text("docs/javascript.md");
const block = (name) => pages.block(name);

const reader = new Reader();
before(() => reader.start("docs"));
after(() => reader.stop());

describe("the examples", () => {
  // The output of an example is in comments after its `console.log`s.
  const printed = (name) =>
    [...block(name).matchAll(/^console\.log.*\n\/\/ (.*)$/gm)].map(([, line]) => line);

  for (const name of ["first.js", "explain.js", "definition.js"]) {
    test(`${name} prints what it says`, async () => {
      reader.write(name, block(name));
      const { status, stdout, stderr } = await reader.run(process.execPath, [name]);
      assert.equal(status, 0, stderr);
      const lines = stdout.trimEnd().split("\n");
      assert.deepEqual(lines.slice(0, printed(name).length), printed(name));
      assert.equal(lines.length, block(name).match(/^console\.log/gm).length);
    });
  }

  test("typed.ts compiles strictly, and names orders and what was not understood", async () => {
    reader.write("typed.ts", block("typed.ts"));
    reader.write(
      "process.d.ts",
      "declare const process: { env: Record<string, string | undefined> };\n",
    );
    const tsc = file("../consumers/node_modules/.bin/tsc");
    const options = ["--strict", "--exactOptionalPropertyTypes", "--types", "", "--ignoreConfig"];
    const target = ["--target", "es2022", "--module", "nodenext", "--outDir", "typed"];
    const files = ["typed.ts", "process.d.ts"];
    const compiled = await reader.run(process.execPath, [tsc, ...options, ...target, ...files]);
    assert.deepEqual([compiled.status, compiled.stdout], [0, ""]);

    process.env.WAKILNI_SECRET = "s";
    const { summary, wakilni: verifier } = await import(
      pathToFileURL(join(reader.folder, "typed/typed.js"))
    );
    delete process.env.WAKILNI_SECRET;
    const { body, event } = firstEvent();
    assert.equal(summary(event), `1001 is delivered; the body has ${body.length} characters`);
    assert.equal(summary(null), "nothing about an order");
    const strange = verifier.receive({ headers: wakilni("s", "[]"), body: "[]" });
    assert.equal(summary(strange), strange.data.reason.text);
  });

  test("secrets.js, with both secrets, one, and none", () => {
    const secrets = new Function("process", `${block("secrets.js")} return secrets;`);
    assert.deepEqual(secrets({ env: { WAKILNI_SECRET: "new", WAKILNI_SECRET_OLD: "old" } }), [
      "new",
      "old",
    ]);
    assert.deepEqual(secrets({ env: { WAKILNI_SECRET: "new" } }), ["new"]);
    const none = { provider: "wakilni", secrets: secrets({ env: {} }) };
    assert.throws(() => new orderhook.Verifier(none), { code: "source_not_configured" });
  });

  test("events.sql keeps an event once", async () => {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(":memory:");
    const [create, insert] = block("events.sql").trim().split("\n");
    database.exec(create);
    const statement = database.prepare(insert);
    const keys = [
      ["/hooks/a", "1"],
      ["/hooks/a", "1"],
      ["/hooks/b", "1"],
    ];
    assert.deepEqual(
      keys.map((key) => statement.run(...key, "{}").changes),
      [1, 0, 1],
    );
  });

  test("fields.js names the values of the first example's event", () => {
    const { body, event } = firstEvent();
    const lines = block("fields.js").trim().split("\n");
    const stated = lines.map((line) =>
      line.match(/^event\.([\w.]+); +\/\/ (?:("[^"]*")|the body)/),
    );
    assert.ok(stated.length > 5);
    for (const [, path, value] of stated) {
      const found = path.split(".").reduce((part, key) => part[key], event);
      assert.equal(found, value === undefined ? body : JSON.parse(value), path);
    }
  });

  test("event.json is the first example's event", () => {
    assert.deepEqual(JSON.parse(block("event.json")), firstEvent().event);
  });

  /** Returns the body of the first example, and its event. */
  function firstEvent() {
    const [, body] = block("first.js").match(/^const body = '(.*)';$/m);
    const now = new Date("2026-01-02T12:00:00Z");
    const headers = wakilni("s", body);
    const account = { provider: "wakilni", secrets: "s" };
    return { body, event: orderhook.receive({ ...account, headers, body, now }) };
  }
});

describe("the tables", () => {
  const { Verifier, providers } = orderhook;
  const inCode = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word);

  /** The rows under this head, as lists of cells. */
  function table(head) {
    const lines = REFERENCE.split("\n");
    const first = lines.indexOf(head);
    assert.notEqual(first, -1, `docs/javascript.md has no table "${head}"`);
    const rows = lines.slice(first + 2);
    const length = rows.findIndex((line) => !line.startsWith("|"));
    return rows.slice(0, length).map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  }

  const firsts = (head) => table(head).map(([cell]) => inCode(cell)[0]);

  /** The members of a union of the types. */
  function members(name) {
    const [, parts] = TYPES.match(new RegExp(`type ${name} =([^;]*);`));
    return [...parts.matchAll(/"(\w+)"|(\w+Code)/g)].flatMap(
      ([, word, union]) => word ?? members(union),
    );
  }

  function properties(name) {
    const [, content] = TYPES.match(new RegExp(`interface ${name}(?:<.*>)? {([^}]*)}`));
    return [...content.matchAll(/^ {2}(\w+)\??:/gm)].map(([, property]) => property);
  }

  test("every export", () => {
    const names = firsts("| function | what it does |").map((call) =>
      call.replace("new ", "").replace(/\(.*/, ""),
    );
    assert.deepEqual(names.sort(), Object.keys(orderhook).sort());
  });

  test("every option of an account and of a delivery", () => {
    assert.deepEqual(firsts("| account | |"), properties("Account"));
    assert.deepEqual(firsts("| delivery | |"), properties("Delivery"));
  });

  test("every code, those of a delivery first", () => {
    const codes = firsts("| `error.code` | what it means | what to do |");
    assert.match(
      REFERENCE,
      /^The first eight refuse a delivery, and are the type `RefusalCode`\./m,
    );
    assert.deepEqual(codes.slice(0, 8), members("RefusalCode"));
    assert.deepEqual(codes.sort(), members("Code").sort());
  });

  const PROVIDERS = "| provider | `authenticates` | `secret` | needs |";

  test("every provider", () => {
    const stated = table(PROVIDERS).flatMap(([names, ...row]) =>
      inCode(names).map((name) => [
        name,
        ...row.slice(0, 2).map((cell) => inCode(cell)[0] ?? null),
      ]),
    );
    const known = providers().map(({ name, authenticates, secret }) => [
      name,
      authenticates,
      secret,
    ]);
    assert.deepEqual(stated.sort(), known.sort());
  });

  test("the settings that suffice for each provider", () => {
    const rows = table(PROVIDERS).flatMap(([names, , , needs]) =>
      inCode(names).map((name) => [name, needs]),
    );
    for (const [provider, needs] of rows) {
      const { secret, token, url } = JSON.parse(text(`../../providers/${provider}/events.json`));
      const settings = { secrets: secret ?? "s", token: token ?? "t" };
      const enough = Object.keys(settings).filter((key) =>
        holdsTogether({ provider, registeredUrl: url, [key]: settings[key] }),
      );
      const both =
        enough.length === 0 && holdsTogether({ provider, registeredUrl: url, ...settings });
      assert.deepEqual(
        both ? Object.keys(settings) : enough,
        inCode(needs).filter((word) => word in settings),
        provider,
      );
    }
  });

  function holdsTogether(account) {
    try {
      return new Verifier(account) instanceof Verifier;
    } catch ({ code }) {
      assert.equal(code, "source_not_configured");
      return false;
    }
  }
});

describe("the rest", () => {
  test("a body of 4 MiB is read", () => {
    const body = '{"event_id":"e-1","event":"Order Created","data":{"order_id":1}}'.padEnd(
      4_194_304,
    );
    const event = orderhook.receive({
      provider: "wakilni",
      secrets: SECRET,
      headers: wakilni(SECRET, body),
      body,
    });
    assert.equal(event.data.payload, body);
  });

  for (const [name, stated] of [
    ["orderhook", /module is less than (\d+) KB with gzip/],
    ["explain", /second module of less than (\d+) KB/],
  ])
    test(`the module ${name} is as small as stated`, () => {
      const [, most] = REFERENCE.match(stated);
      const module = readFileSync(file(`../../pkg/dist/${name}_bg.wasm`));
      assert.ok(gzipSync(module, { level: 9 }).length < most * 1000);
    });

  test("a URL may be given from its path on", () => {
    const body = '{"Id":"7-1","Items":[{"Sku":"EX-1","Quantity":1,"Status":"Shipped"}]}';
    const url = `/hooks/gooten/${TOKEN}?orderid=77`;
    const { data } = orderhook.receive({
      provider: "gooten",
      token: TOKEN,
      headers: {},
      url,
      body,
    });
    assert.deepEqual([data.authenticity, data.order.url_order_id], ["url_token", "77"]);
  });

  test("the README has at most 150 lines: every installation downloads it", () =>
    assert.ok(README.trimEnd().split("\n").length <= 150));

  test("the README has whole addresses: npm's page shows it", () => {
    const links = [...README.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    assert.ok(links.length > 10);
    assert.deepEqual(
      links.filter((link) => !link.startsWith("https://")),
      [],
    );
  });

  test("no example is left untested", () => {
    assert.deepEqual(pages.untested(), []);
  });
});
