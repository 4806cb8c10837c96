// The packed package in every runtime: each answers the whole corpus, and all answers are the same, value by value.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { chromium, missing } from "../consumers/chromium.js";
import { notCarried, servers } from "../consumers/http.js";
import { processes } from "../consumers/process.js";
import { makeProject } from "../consumers/project.js";
import { workerd } from "../consumers/workerd.js";
import { corpus } from "../support/corpus.js";

// Not loaded where it cannot be used: Vite and the browser's driver take a while.
const pages = chromium() ? (await import("../consumers/browser.js")).pages : [];

const expected = corpus.map(({ expect }) => expect);
const carried = corpus.map((one) => notCarried(one) === undefined);

let project;
before(() => {
  project = makeProject("runtimes");
  project.addCorpus();
  project.addPrograms(
    "import.js",
    "require.cjs",
    "worker.js",
    "page.js",
    "page.html",
    "index.html",
    "express.js",
    "hono.js",
  );
});
after(() => project?.remove());

const rows = [];

for (const { name, version, answers } of [...processes, workerd, ...pages]) {
  test(`${name} ${version}`, async () => {
    const given = await answers(project);
    rows.push({ name, version, ...given });
    assert.deepEqual(otherwise(given.answers), []);
    // Each is asked about every case: a delivery that verifies has nothing to explain, and no other verifies.
    const verified = given.explanations.map((explanation) => explanation.verified);
    assert.deepEqual(
      verified,
      expected.map(({ code }) => code === undefined),
    );
  });
}

for (const { name, version, answers } of servers) {
  test(`${name} ${version}, over HTTP`, async () => {
    const { answers: given } = await answers(project);
    rows.push({
      name,
      version,
      answers: given.map((answer, number) => (carried[number] ? answer : undefined)),
    });
    // Every excluded case has a reason: as it arrives, its answer differs.
    assert.deepEqual(
      otherwise(given),
      corpus.filter(notCarried).map(({ name }) => name),
    );
  });
}

/** Returns the cases that are answered otherwise than expected. */
const otherwise = (given) =>
  corpus
    .filter((_, number) => !isDeepStrictEqual(given[number], expected[number]))
    .map(({ name }) => name);

test("the answers are the same in all of them", () => {
  const runtimes = processes.length + 1 + pages.length + servers.length;
  const [head, ...lines] = [{ name: "the corpus", version: "", answers: expected }, ...rows].map(
    line,
  );
  const one = lines[0].explained;
  const differs = ({ all, overHttp, explained }) =>
    overHttp !== head.overHttp ||
    (all !== NONE && all !== head.all) ||
    (explained !== NONE && explained !== one);
  const different = lines.filter(differs);
  const same = (line) => (different.includes(line) ? "NO" : "yes");
  const table = [
    ["runtime", "version", "cases", "all answers", "to what HTTP carries", "explanations", "same"],
    ...[head, ...lines].map((line) => [
      line.name,
      line.version,
      line.cases,
      line.all,
      line.overHttp,
      line.explained,
      same(line),
    ]),
    ...(pages.length === 0 ? [["Chromium", "", "NOT RUN", "", "", "", missing()]] : []),
  ];
  console.log(`${columns(table)}\n${left()}`);
  assert.deepEqual([lines.length, different], [runtimes, []]);
});

const NONE = "";

function line({ name, version, answers, explanations }) {
  const cases = answers.filter((answer) => answer !== undefined).length;
  const all = cases === corpus.length ? digest(answers) : NONE;
  return {
    name,
    version,
    cases: String(cases),
    all,
    overHttp: digest(answers.filter((_, number) => carried[number])),
    explained: explanations ? digest(explanations) : NONE,
  };
}

/** The number of cases that HTTP cannot carry, and why. */
function left() {
  const reasons = corpus.map(notCarried).filter(Boolean);
  const of = (reason) => `${reasons.filter((other) => other === reason).length}: ${reason}`;
  return `Cases that HTTP cannot carry as they are: ${[...new Set(reasons)].map(of).join("; ")}`;
}

const digest = (answers) =>
  createHash("sha256")
    .update(JSON.stringify(canonical(answers)))
    .digest("hex")
    .slice(0, 16);

/** Sorts the names in each object, since their order does not count. */
function canonical(value) {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, canonical(value[key])]),
  );
}

function columns(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
