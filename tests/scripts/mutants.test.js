// `npm run mutants`: its verdict on a run, and its errors for wrong usage.
import assert from "node:assert/strict";
import { test } from "node:test";
import { capture } from "../../scripts/lib/command.js";
import { judge } from "../../scripts/mutants.js";
import { inRoot } from "../../scripts/setup.js";

const outcomes = (caught, missed, timeout = 0, unviable = 0) => ({
  caught,
  missed,
  timeout,
  unviable,
});

test("98 % of the changes that compile must be noticed", () => {
  assert.equal(judge(outcomes(98, 2)).isEnough, true);
  assert.equal(judge(outcomes(97, 2, 1)).isEnough, true, "an endless loop is noticed");
  assert.equal(judge(outcomes(97, 3)).isEnough, false);
  assert.equal(
    judge(outcomes(97, 3, 0, 100)).isEnough,
    false,
    "what does not compile counts nowhere",
  );
  assert.equal(judge(outcomes(0, 0, 0, 7)).isEnough, true, "a file of which nothing compiles");
  assert.equal(
    judge(outcomes(97, 2, 1, 5)).text,
    "97 caught, 2 missed, 1 timed out, 5 did not compile: 98.0 % of 100 noticed",
  );
});

test("a wrong command is refused before anything is installed or run", async () => {
  for (const [args, text] of [
    [["--shard", "8/8"], "--shard wants k/n"],
    [["--shard", "1"], "--shard wants k/n"],
    [["--file", "src/core/none.rs"], "There is no file src/core/none.rs."],
    [["src/core/time.rs"], "takes options only"],
  ]) {
    const { status, stdout, stderr } = await capture(process.execPath, [
      inRoot("scripts/mutants.js"),
      ...args,
    ]);
    assert.equal(status, 2, stderr);
    assert.ok(stderr.includes(text), stderr);
    assert.equal(stdout, "");
  }
});
