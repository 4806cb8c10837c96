// docs/cli.md: its examples run, with the command that the packed package installs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Pages } from "./docs/pages.js";
import { LATIN1, ORDER, OVER_1_MIB, Reader, post, signed } from "./docs/reader.js";

const pages = new Pages("docs/cli.md", "docs/frameworks/node.md");
const block = (name) => pages.block(name);

const reader = new Reader();
before(() => reader.start("cli-docs"));
after(() => reader.stop());

test("the commands about deliveries", async () => {
  reader.write("http.js", block("http.js"));
  reader.write("body.json", ORDER);
  const head = Object.entries(signed(ORDER))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  reader.write("captured.http", `POST /hooks/wakilni HTTP/1.1\r\n${head}\r\n${ORDER}`);
  const program = await reader.serve(process.execPath, () => ["http.js"]);
  try {
    const lines = block("command.sh").trim().split("\n");
    assert.equal(lines.length, 5);
    for (const line of lines) {
      const [npx, command, ...args] = line
        .replace("http://localhost:3000", program.origin)
        .split(" ");
      assert.deepEqual([npx, command], ["npx", "orderhook"]);
      const { status, stderr } = await reader.orderhook(args);
      assert.equal(status, 0, `${line}\n${stderr}`);
    }
    assert.equal(reader.taken().length, 1);
  } finally {
    await program.stop();
  }
});

const VERIFY = "verify captured.http --provider wakilni --secret-env WAKILNI_SECRET";

async function assertVerifies() {
  const { status, stdout, stderr } = await reader.orderhook(VERIFY.split(" "));
  assert.equal(status, 0, stdout + stderr);
  assert.equal(stderr, "");
}

test("captured.sh and capture.js make deliveries that verify", async () => {
  const { status, stderr } = await reader.run("sh", [
    "-c",
    block("captured.sh").replace("npx ", "node_modules/.bin/"),
  ]);
  assert.equal(status, 0, stderr);
  await assertVerifies();

  assert.ok(block("capture.js").trimEnd().split("\n").length <= 8);
  reader.write("capture.js", block("capture.js"));
  const program = await reader.serve(process.execPath, () => ["capture.js"]);
  try {
    for (const body of [ORDER, LATIN1, OVER_1_MIB]) {
      assert.equal((await post(`${program.origin}/hooks/wakilni`, body)).status, 503);
      await assertVerifies();
      const captured = reader.read("captured.http").subarray(-Buffer.byteLength(body));
      assert.ok(captured.equals(Buffer.from(body)));
    }
  } finally {
    await program.stop();
  }
});

test("no example is left untested", () => {
  assert.deepEqual(pages.untested(), []);
});
