// docs/cli.md: each command has an example, and those about deliveries run here, with the command
// that the packed package installs.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { COMMANDS } from "../../pkg/cli/help.js";
import { Pages } from "./docs/pages.js";
import { LATIN1, ORDER, OVER_1_MIB, Reader, post, signed } from "./docs/reader.js";

/**
 * The commands whose examples run in tests/package/cli-dispatch, in tests/dispatch/cli-endpoints
 * and in tests/package/connect.
 */
const ELSEWHERE = ["orders", "events", "export", "dead-letters", "endpoints", "connect"];
const ACME_SECRET = "a secret of acme's";

const pages = new Pages("docs/cli.md", "pkg/README.md", "docs/frameworks/node.md");
/** The lines of a page that call the command, each with the command's name. */
const linesOf = (path) =>
  [...pages.text(path).matchAll(/^npx orderhook ([\w-]+).*$/gm)].map(([line, command]) => ({
    line,
    command,
  }));
const LINES = linesOf("docs/cli.md");

const reader = new Reader();
let program;
before(async () => {
  await reader.start("cli-docs");
  reader.write("http.js", pages.block("http.js"));
  reader.write("body.json", ORDER);
  reader.write("captured.http", captured(signed(ORDER), ORDER));
  reader.write("acme.toml", pages.block("acme.toml"));
  const body = '{"id":"e-4","at":"2026-01-02T12:00:00Z","order":{"number":1004,"state":"done"}}';
  const tag = createHmac("sha256", ACME_SECRET).update(body).digest("hex");
  reader.write("delivery.http", captured({ "x-acme-signature": tag }, body));
  program = await reader.serve(process.execPath, () => ["http.js"]);
});
after(async () => {
  await program?.stop();
  reader.stop();
});

/** Returns a delivery as it is captured. */
function captured(headers, body) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /hooks/wakilni HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

/** Runs a line of a page in a shell. */
async function runLine(line) {
  const command = line
    .replace(/^npx /, "node_modules/.bin/")
    .replace("http://localhost:3000", program.origin);
  const { status, stdout, stderr } = await reader.run("sh", ["-c", command], {
    env: { ACME_SECRET },
  });
  assert.equal(status, 0, `${line}\n${stdout}${stderr}`);
}

describe("the examples", () => {
  for (const { line, command } of LINES) {
    if (!ELSEWHERE.includes(command)) test(line, () => runLine(line));
  }

  test("send posts what the receiver takes, once for each copy", () =>
    assert.deepEqual(
      reader.taken().map(({ subject }) => subject === "1001"),
      // The last one is the captured delivery.
      [false, true, true, false],
    ));

  test("each command has one", () => {
    const shown = new Set(LINES.map(({ command }) => command));
    assert.deepEqual([...shown].sort(), [...COMMANDS].sort());
    for (const command of COMMANDS)
      assert.ok(pages.text("docs/cli.md").includes(`\n## ${command}\n`), command);
  });

  test("the README's are among them", () => {
    const known = LINES.map(({ line }) => line);
    const shown = linesOf("pkg/README.md").map(({ line }) => line);
    assert.ok(shown.length > 0);
    for (const line of shown) assert.ok(known.includes(line), line);
  });
});

test("capture.js makes deliveries that verify", async () => {
  assert.ok(pages.block("capture.js").trimEnd().split("\n").length <= 8);
  reader.write("capture.js", pages.block("capture.js"));
  const capturing = await reader.serve(process.execPath, () => ["capture.js"]);
  try {
    for (const body of [ORDER, LATIN1, OVER_1_MIB]) {
      assert.equal((await post(`${capturing.origin}/hooks/wakilni`, body)).status, 503);
      const verify = "verify captured.http --provider wakilni --secret-env WAKILNI_SECRET";
      const { status, stdout, stderr } = await reader.orderhook(verify.split(" "));
      assert.deepEqual([status, stderr], [0, ""], stdout);
      const kept = reader.read("captured.http").subarray(-Buffer.byteLength(body));
      assert.ok(kept.equals(Buffer.from(body)));
    }
  } finally {
    await capturing.stop();
  }
});
