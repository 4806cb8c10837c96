// How the scripts run other commands.
import assert from "node:assert/strict";
import { test } from "node:test";
import { capture } from "../../scripts/lib/command.js";

const node = (program, options) => capture(process.execPath, ["-e", program], options);

test("a captured command returns its output, and how it ended", async () => {
  assert.deepEqual(await node('console.log("out")'), { status: 0, stdout: "out\n", stderr: "" });
  assert.deepEqual(await node('console.error("no"); process.exitCode = 3'), {
    status: 3,
    stdout: "",
    stderr: "no\n",
  });
  assert.equal((await node("process.kill(process.pid)")).status, "SIGTERM");
  assert.equal((await node("setInterval(() => {}, 1000)", { timeout: 100 })).status, "timeout");
  await assert.rejects(capture("no-such-command", []), {
    message: "no-such-command was not found on the PATH",
  });
});
