// `orderhook check`: a declared definition, and the event that it makes of a delivery.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as sign from "../support/sign.js";

const COMMAND = fileURLToPath(new URL("../../pkg/cli/orderhook.js", import.meta.url));
const SECRET = "check-secret-2f7b90c4d1";

const ACME = `
[scheme]
type = "hmac"
signature = { header = "x-webhook-signature", encoding = "hex" }
signs = ["body"]

[event]
id = "/id"
time = "/at"
attempt = { header = "x-attempt" }
return = "/back"

[order]
at = "/order"
id = "number"
reference = "reference"
tracking_number = "parcel"
carrier = "courier"

[status]
word = "/order/state"
words = { delivered = ["Done"], shipped = ["Sent"] }

[items]
each = "/order/lines"
sku = "sku"
name = "title"

[total]
amount = "/order/total"
currency = "/order/currency"

[driver]
at = "/driver"
name = "name"
`;

const ORDER = { number: 7, state: "Done", reference: "R-7", lines: [{ sku: "A" }], total: "9.90" };
const BODY = JSON.stringify({ id: "e-1", at: "2024-11-14T12:39:13Z", order: ORDER });

const folder = mkdtempSync(join(tmpdir(), "orderhook-check-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name, text) {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
  return name;
}

/** Returns a captured delivery of a body. */
const http = (body, headers = {}) =>
  `POST /hooks/acme HTTP/1.1\nhost: example.com\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("")}\n${body}`;

/** Runs the command there. Returns its exit code and what it printed. */
async function check(...args) {
  const child = spawn(process.execPath, [COMMAND, "check", ...args], {
    cwd: folder,
    env: { ...process.env, SECRET },
  });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.err += text));
  child.stdin.end();
  const [code] = await once(child, "close");
  assert.ok(!`${output.out}${output.err}`.includes(SECRET), "the secret is printed");
  return { code, ...output };
}

const acme = write("acme.toml", ACME);
const signed = write("signed.http", http(BODY, sign.wegocod(SECRET, BODY)));
const NEW = `
[[scheme]]
name = "old"
type = "token"
token = { header = "x-old-token" }

[[scheme]]
name = "new"
`;
const both = write("both.toml", ACME.replace("[scheme]\n", NEW));
const RIGHT = "acme: the definition is right.\n";

describe("a definition", () => {
  test("that is right, in TOML and in JSON", async () => {
    const { parse } = await import("../../pkg/dist/toml.js");
    write("json/acme.json", JSON.stringify(parse(ACME)));
    write("acme/provider.toml", ACME);
    for (const file of [acme, "json/acme.json", "acme/provider.toml"])
      assert.deepEqual(await check(file), { code: 0, out: RIGHT, err: "" });
    const { out } = await check(acme, "--json");
    assert.deepEqual(JSON.parse(out), { ok: true, provider: "acme", warnings: [] });
  });

  for (const name of ["gooten", "standard-webhooks", "up42", "wakilni", "wegocod"]) {
    test(`of the catalogue: ${name}`, async () => {
      const text = readFileSync(new URL(`../../providers/${name}/provider.toml`, import.meta.url));
      assert.equal((await check(write(`of-${name}.toml`, text))).code, 0);
    });
  }

  for (const [what, from, to, said] of [
    ["an invalid place", 'id = "number"', 'id = "order.number"', /^order\.id: .*JSON Pointer/],
    ["a status of theirs", "delivered = [", "prepared = [", /^status\.words\.prepared: /],
    ["an unknown key", "[driver]", "[courier]", /^courier: /],
    ["no scheme", /\[scheme\].*(?=\[event\])/s, "", /^scheme: missing\n$/],
    ["a line that is not TOML", "[event]", "[event", /^line \d+, column \d+: \S/],
    [
      "a name that no provider may have",
      "",
      'name = "Acme Inc."',
      /^name: a provider's name is 1 to/,
    ],
    ["a date", 'time = "/at"', "time = 2024-11-14", /^event\.time: a definition has no dates/],
  ]) {
    test(`with ${what}`, async () => {
      const file = write("wrong/acme.toml", ACME.replace(from, to));
      const { code, out, err } = await check(file);
      assert.deepEqual([code, err], [1, ""]);
      assert.match(out, said);
      const { ok, key, text } = JSON.parse((await check(file, "--json")).out);
      assert.deepEqual([ok, `${key}: ${text}\n`], [false, out]);
    });
  }
});

describe("a delivery", () => {
  test("that is verified: its event, and the keys without a value", async () => {
    const now = ["--now", "2024-11-14T12:39:14Z"];
    const args = [acme, "--delivery", signed, "--secret-env", "SECRET", ...now];
    const { code, out, err } = await check(...args);
    const event = JSON.parse(out);
    assert.equal(code, 0);
    assert.deepEqual(
      [event.id, event.source, event.subject, event.time, event.data.provider],
      ["e-1", "/hooks/acme", "7", "2024-11-14T12:39:13Z", "acme"],
    );
    assert.deepEqual(
      [event.data.authenticity, event.data.status.now, event.data.order.reference],
      ["body_signed", "delivered", "R-7"],
    );
    assert.equal(
      err,
      [
        `${RIGHT}Authentic (body_signed): a signature over the body, with the secret from SECRET.`,
        "These keys have no value in it:",
        '  event.attempt          {"header":"x-attempt"}',
        "  event.return           /back",
        "  order.tracking_number  parcel",
        "  order.carrier          courier",
        "  items.name             title",
        "  total.currency         /order/currency",
        "  driver                 /driver\n",
      ].join("\n"),
    );
    const json = JSON.parse((await check(...args, "--json")).out);
    assert.deepEqual([json.ok, json.authenticity, json.event], [true, "body_signed", event]);
    assert.deepEqual(json.unfound[2], { key: "order.tracking_number", place: "parcel" });
  });

  test("that is verified in the scheme that is named", async () => {
    const args = [both, "--delivery", signed, "--secret-env", "SECRET"];
    const first = await check(...args);
    assert.deepEqual([first.code, first.out], [1, ""]);
    assert.match(first.err, /^Not authentic \(missing_signature\): the header `x-old-token` /);
    const { code, out, err } = await check(...args, "--scheme", "new");
    assert.deepEqual([code, JSON.parse(out).data.authenticity], [0, "body_signed"]);
    assert.match(err, /^both: the definition is right\.\nAuthentic \(body_signed\): /);
    const read = await check(both, "--delivery", signed, "--scheme", "new");
    assert.deepEqual([read.code, JSON.parse(read.out).data.authenticity], [0, "unverified"]);
  });

  test("that is not verified without a secret", async () => {
    const { code, out, err } = await check(acme, "--delivery", signed);
    assert.deepEqual([code, JSON.parse(out).data.authenticity], [0, "unverified"]);
    assert.ok(err.startsWith(`${RIGHT}It is not verified.\n`));
  });

  test("that is not authentic", async () => {
    const { code, out, err } = await check(acme, "--delivery", signed, "--secret", "another");
    assert.deepEqual([code, out], [1, ""]);
    assert.match(
      err,
      /^Not authentic \(signature_mismatch\): .*\nThe definition's scheme, the secret/,
    );
  });

  test("with a word that no table has", async () => {
    const file = write("word.http", http(BODY.replace("Done", "Lost")));
    const { code, err } = await check(acme, "--delivery", file);
    assert.equal(code, 0);
    assert.match(err, /^No table of words has "Lost": the status is unknown\.$/m);
  });

  test("that is not understood", async () => {
    const file = write("empty.http", http('{"id":"e-1"}'));
    const { code, out, err } = await check(acme, "--delivery", file);
    assert.deepEqual([code, JSON.parse(out).type], [1, "orderhook.delivery.unrecognized.v1"]);
    assert.match(err, /^It is not understood \(missing_field\): .*\.$/m);
  });
});

for (const [what, args, said] of [
  ["no file", [], /Name one definition: a file/],
  ["two files", [acme, acme], /Name one definition: a file/],
  ["another kind of file", ["acme.yaml"], /ends with \.toml or \.json/],
  ["a missing file", ["none.toml"], /none\.toml cannot be read \(ENOENT\)\./],
  ["an invalid name", ["Acme Inc.toml"], /A provider is named after its file/],
  ["a secret for nothing", [acme, "--secret", "s"], /about a delivery: name one with --delivery/],
  ["a scheme for nothing", [acme, "--scheme", "new"], /about a delivery: name one with --delivery/],
  [
    "a scheme that the definition lacks",
    [both, "--delivery", signed, "--secret", SECRET, "--scheme", "newer"],
    /^scheme: there is no scheme of this name; there are old, new$/m,
  ],
  ["a missing delivery", [acme, "--delivery", "none.http"], /none\.http cannot be read/],
  ["an invalid time", [acme, "--now", "noon"], /--now takes a time/],
]) {
  test(`${what} ends with 2`, async () => {
    const { code, out, err } = await check(...args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, said);
    assert.doesNotMatch(err, /^\s+at /m, "no stack");
  });
}
