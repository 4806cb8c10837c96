// `npm test`: its help, and its errors for wrong usage.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { capture } from "../../scripts/lib/command.js";
import { inRoot } from "../../scripts/setup.js";

const run = (...args) => capture(process.execPath, [inRoot("scripts/test.js"), ...args]);

test("the help names each suite", async () => {
  const { status, stdout } = await run("--help");
  assert.equal(status, 0);
  const named = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
  const folders = readdirSync(inRoot("tests"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) =>
      readdirSync(inRoot(`tests/${name}`)).some((file) => /\.test\.js$/.test(file)),
    );
  for (const name of ["core", "wasm", "browser", "fuzz", ...folders])
    assert.ok(named.includes(name), name);
  assert.equal(named.length, 4 + folders.length);
});

test("a wrong command is refused before anything is installed or run", async () => {
  for (const [args, text] of [
    [["workers"], "There is no suite workers: there are core, "],
    [["worker", "--quick"], "--quick"],
  ]) {
    const { status, stdout, stderr } = await run(...args);
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.ok(stderr.includes(text), stderr);
  }
});
