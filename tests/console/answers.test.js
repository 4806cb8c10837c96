// What the console says of the receiver's answers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ANSWERS } from "../../src/console/refusals.js";

const HTTP_API = readFileSync(new URL("../../docs/http-api.md", import.meta.url), "utf8");

/** The codes of answers that no source gives. They are not counted, so the console never shows them. */
const OF_NO_SOURCE = ["health_token_wrong", "method_not_allowed", "not_found"];

test("each code that is counted has its meaning", () => {
  const [, rows] = HTTP_API.split("| when | answer | code |\n|---|---|---|\n");
  const cells = rows.split("\n\n")[0].split("\n");
  const codes = cells.flatMap((row) => row.match(/\| `(\w+)`[^|]*\|$/)?.[1] ?? []);
  const counted = codes.filter((code) => !OF_NO_SOURCE.includes(code));
  assert.deepEqual(Object.keys(ANSWERS).sort(), counted.sort());
});
