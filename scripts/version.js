// `node scripts/version.js v0.2.0`: checks a tag against the versions in the repository, before that version is published.
import { readFileSync } from "node:fs";
import { main, say, Stop } from "./lib/command.js";
import { inRoot } from "./setup.js";

/** Returns the disagreements with a tag, a line each. `read` returns the text of a file of the repository. */
export function disagreements(tag, read) {
  const version = tag.match(/^v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/)?.[1];
  if (version === undefined) return [`"${tag}" is not a tag of a version, as v1.2.3 is.`];
  const found = {
    "Cargo.toml": read("Cargo.toml").match(
      /^\[workspace\.package\]\n(?:[^[\n].*\n)*?version = "(.+)"$/m,
    )?.[1],
    "pkg/package.json": JSON.parse(read("pkg/package.json")).version,
  };
  const different = Object.entries(found).filter(([, its]) => its !== version);
  return [
    ...different.map(([file, its]) => `${file} has the version ${its}, not ${version}.`),
    ...section(version, read("CHANGELOG.md")),
  ];
}

/** Checks the first section of the changelog, which must be the version's, with a date. */
function section(version, changelog) {
  const first = changelog.match(/^## (.*)$/m)?.[1] ?? "";
  const date = first.startsWith(`[${version}] - `) ? first.split(" - ")[1] : "";
  // A day that does not exist, such as February 30, is written as another one.
  const isDay = /^\d{4}-\d\d-\d\d$/.test(date) && isoDay(date) === date;
  return isDay
    ? []
    : [`CHANGELOG.md begins with "## ${first}", not with "## [${version}] - " and a date.`];
}

function isoDay(date) {
  const day = new Date(date);
  return Number.isNaN(day.getTime()) ? undefined : day.toISOString().slice(0, 10);
}

await main(import.meta.url, ([tag = ""]) => {
  const wrong = disagreements(tag, (path) => readFileSync(inRoot(path), "utf8"));
  if (wrong.length > 0) throw new Stop(wrong.join("\n"));
  say(`${tag} is the version of Cargo.toml, pkg/package.json and CHANGELOG.md.`);
});
