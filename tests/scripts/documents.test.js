// The documents: their links and anchors lead somewhere, every page can be found, their commands
// exist, and the README stays short.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { describe, test } from "node:test";
import { inRoot, root } from "../../scripts/setup.js";
import { block, page as textOf } from "../support/readme.js";

const MAX_README_LINES = 250;

const PAGES = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(inRoot(path)));

/** Returns a page's text without its examples and its comments. */
const prose = (path) =>
  textOf(path)
    .replaceAll(/^ *```.*?^ *```/gms, "")
    .replaceAll(/<!--.*?-->/gs, "");

/** The beginning of a link to a file of the project, as the package's page at npm needs it. */
const REPOSITORY = /^https:\/\/github\.com\/orderhook\/orderhook\/(?:blob|tree)\/main\//;

/** Returns where the links of a page lead: the path of a file in the project, and an anchor. */
function linksOf(page) {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => ({ link, inProject: link.replace(REPOSITORY, "/") }))
    .filter(({ inProject }) => !/^(https?|mailto):/.test(inProject))
    .map(({ link, inProject }) => ({ link, ...placeOf(inProject, page) }));
}

/** Returns the file and the anchor of a link. A slash at its beginning is the project's folder. */
function placeOf(link, page) {
  const [path, anchor] = link.split("#");
  if (path === "") return { target: page, anchor };
  const target = path.startsWith("/") ? path.slice(1) : normalize(join(dirname(page), path));
  return { target: target.replace(/\/$/, ""), anchor };
}

/** Returns the anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page) {
  const seen = new Map();
  return [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

function leadsNowhere({ target, anchor }) {
  if (!existsSync(inRoot(target))) return true;
  return anchor !== undefined && !anchorsOf(target).includes(anchor);
}

/** Returns the page that a link opens: a folder shows its README. */
const opened = (target) =>
  statSync(inRoot(target)).isDirectory() ? join(target, "README.md") : target;

/** Returns every page that links lead to from this one, in any number of steps. */
function reachable(first) {
  const found = new Set([first]);
  // A page that is added here is visited by this loop, too.
  for (const page of found) {
    if (!page.endsWith(".md")) continue;
    for (const { target } of linksOf(page))
      if (existsSync(inRoot(target))) found.add(opened(target));
  }
  return found;
}

describe("links", () => {
  for (const page of PAGES) {
    test(`those of ${page} lead somewhere`, () => {
      const broken = linksOf(page).filter(leadsNowhere);
      assert.deepEqual(
        broken.map(({ link }) => link),
        [],
      );
    });
  }

  test("lead from the README to every page of docs", () => {
    const found = reachable("README.md");
    const pages = PAGES.filter((path) => path.startsWith("docs/"));
    assert.ok(pages.length > 10);
    assert.deepEqual(
      pages.filter((path) => !found.has(path)),
      [],
    );
  });
});

describe("the commands that the pages name", () => {
  const named = (pattern) =>
    PAGES.flatMap((page) =>
      [...textOf(page).matchAll(pattern)].map(([, name]) => ({ page, name })),
    );

  test("npm run has them", () => {
    const { scripts } = JSON.parse(textOf("package.json"));
    const all = named(/npm run (?:--silent )?(\w[\w:-]*)/g);
    assert.ok(all.length > 50);
    assert.deepEqual(
      all.filter(({ name }) => !(name in scripts)),
      [],
    );
  });

  test("orderhook has them", () => {
    const all = named(/npx orderhook ([a-z][a-z-]*)/g);
    assert.ok(all.length > 50);
    assert.deepEqual(
      all.filter(({ name }) => !existsSync(inRoot(`pkg/cli/${name}.js`))),
      [],
    );
  });
});

test("the consumer in docs/consuming.md is a part of the example", () => {
  const shown = block("consumer.js", textOf("docs/consuming.md"));
  assert.ok(textOf("examples/consumer-js/consumer.js").includes(shown));
});

test(`the README has at most ${MAX_README_LINES} lines`, () => {
  const lines = textOf("README.md").trimEnd().split("\n").length;
  assert.ok(lines <= MAX_README_LINES, `${lines} lines`);
});
