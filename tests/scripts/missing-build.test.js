// A test whose build is missing fails at once, and says how to build it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { PATIENCE_MS } from "../support/journal.js";

/** Runs what a test does that starts a server before it asks for a build. The test runner takes what a hook throws. */
function runWithout(build) {
  const support = new URL("../support/settings.js", import.meta.url);
  const program = `
    import http from "node:http";
    import { modulesOf } from ${JSON.stringify(support)};
    http.createServer().listen(0, "127.0.0.1");
    await (async () => modulesOf("${build}", ["none.js"]))().catch(() => {});`;
  const args = ["--input-type=module", "--eval", program];
  return spawnSync(process.execPath, args, { encoding: "utf8", timeout: PATIENCE_MS });
}

for (const [build, command] of [
  ["build", "--worker"],
  ["build-panic", "--worker --out build-panic --feature panic-probe"],
  ["build-dispatch", "--dispatch"],
  ["build-dispatch-assets", "--dispatch"],
  ["build-dispatch-panic", "--dispatch --out build-dispatch-panic --feature panic-probe"],
])
  test(build, () => {
    const { status, stderr } = runWithout(build);
    const text = `${build}/none.js is missing. Build it: node scripts/build.js ${command}\n`;
    assert.deepEqual([status, stderr], [1, text]);
  });
