// The console is small, and imports nothing from elsewhere.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { builtFile } from "../support/settings.js";

const FOLDER = fileURLToPath(builtFile("build-dispatch-assets", "console"));

/** The most bytes that its files may have together with gzip, without those of the package. */
const BUDGET = 120_000;

const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .filter((file) => !file.startsWith(join(FOLDER, "orderhook")));

test("its files are within the budget", () => {
  const sizes = files.map((file) => gzipSync(readFileSync(file), { level: 9 }).length);
  const sum = sizes.reduce((all, size) => all + size, 0);
  assert.ok(sum <= BUDGET, `${sum} bytes`);
});

test("it imports relative addresses alone", () => {
  for (const file of files.filter((file) => file.endsWith(".js"))) {
    const text = readFileSync(file, "utf8");
    const imports = [...text.matchAll(/^(?:import|export)\b[^;"]*?from\s*"([^"]+)"/gm)];
    for (const [, from] of imports) assert.match(from, /^\.\.?\//, file);
  }
});

test("the page names each module that its first view needs, so that none waits for another", () => {
  const needed = new Set(["main.js"]);
  for (const name of needed) {
    const text = readFileSync(join(FOLDER, name), "utf8");
    for (const [, from] of text.matchAll(/^import\b[^;"(]*?from\s*"([^"]+)"/gm))
      needed.add(join(name, "..", from));
  }
  needed.delete("main.js");
  const page = readFileSync(join(FOLDER, "index.html"), "utf8");
  const named = [...page.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, name]) => name);
  assert.deepEqual(named.toSorted(), [...needed].toSorted());
});

test("it writes no markup of its own making, and has no inline style or script", () => {
  for (const file of files.filter((file) => !file.includes(`${join("console", "vendor")}`))) {
    const text = readFileSync(file, "utf8");
    assert.doesNotMatch(
      text,
      /innerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML/,
      file,
    );
    assert.doesNotMatch(text, / style=| on[a-z]+="|<script>/, file);
  }
});
