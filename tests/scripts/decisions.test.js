// docs/decisions: each page has the same parts, is in the index, and states figures that the
// benches printed last.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { inRoot } from "../../scripts/setup.js";
import { page } from "../support/readme.js";

const FOLDER = "docs/decisions";
const PARTS = ["Context", "Decision", "Measurement", "Consequences"];
const SOURCE = "benches/RESULTS.md";

const names = readdirSync(inRoot(FOLDER)).filter((name) => name !== "README.md");
const index = page(`${FOLDER}/README.md`);
const results = page(SOURCE);

/** Returns the measurement of a decision. */
const measurementIn = (text) => text.match(/^## Measurement\n\n(.*?)^## /ms)[1];

/**
 * Returns the numbers of the paragraphs that name the benches' results, and of the tables behind
 * them.
 */
function figuresIn(text) {
  let cites = false;
  return text.split("\n\n").flatMap((block) => {
    if (!block.startsWith("|")) cites = block.includes(SOURCE);
    const withoutLinks = block.replaceAll(/\]\([^)]*\)/g, "");
    return cites ? [...withoutLinks.matchAll(/\d+(?:[.,]\d+)*/g)].map(([figure]) => figure) : [];
  });
}

const isPrinted = (figure) =>
  new RegExp(`(?<![\\d.,])${figure.replaceAll(".", "\\.")}(?!\\d)`).test(results);

for (const name of names)
  describe(name, () => {
    const text = page(`${FOLDER}/${name}`);

    test("is in the index, under its title", () => {
      const [, number, title] = text.match(/^# (\d+)\. (.*)$/m);
      assert.equal(Number(name.slice(0, 4)), Number(number));
      assert.ok(index.includes(`| ${number} | [${title}](${name}) |`));
    });

    test("has a context, a decision, a measurement and consequences", () => {
      const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      assert.deepEqual(headings, PARTS);
    });

    test("states figures that the benches printed last", () => {
      const figures = figuresIn(measurementIn(text));
      assert.deepEqual(
        figures.filter((figure) => !isPrinted(figure)),
        [],
      );
    });
  });

test("some decisions have figures of the benches", () => {
  const all = names.flatMap((name) => figuresIn(measurementIn(page(`${FOLDER}/${name}`))));
  assert.ok(all.length > 20);
});
