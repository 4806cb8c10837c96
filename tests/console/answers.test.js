// What the console says of the receiver's answers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ANSWERS } from "../../src/console/refusals.js";

const HTTP_API = readFileSync(new URL("../../docs/http-api.md", import.meta.url), "utf8");

test("each code of an answer has its meaning", () => {
  const [, rows] = HTTP_API.split("| when | answer | code |\n|---|---|---|\n");
  const cells = rows.split("\n\n")[0].split("\n");
  const codes = cells.flatMap((row) => row.match(/\| `(\w+)`[^|]*\|$/)?.[1] ?? []);
  assert.deepEqual(Object.keys(ANSWERS).sort(), codes.sort());
});
