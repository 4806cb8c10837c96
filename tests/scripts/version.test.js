// A release's tag against the versions in the repository: agreement and disagreement.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRoot } from "../../scripts/setup.js";
import { disagreements } from "../../scripts/version.js";

const cargo = (version) => `[workspace]
resolver = "3"

[workspace.package]
edition = "2024"
version = "${version}"

[workspace.dependencies]
worker = { version = "0.8" }
`;
const changelog = (heading) => `# Changelog

Text.

## ${heading}

### Added

## [0.1.0]
`;

const FILES = {
  "Cargo.toml": cargo("0.2.0"),
  "pkg/package.json": '{ "version": "0.2.0" }',
  "CHANGELOG.md": changelog("[0.2.0] - 2026-12-01"),
};

const of = (tag, changes = {}) => disagreements(tag, (path) => ({ ...FILES, ...changes })[path]);

test("a tag that agrees with all of them", () => {
  assert.deepEqual(of("v0.2.0"), []);
  const candidate = {
    "Cargo.toml": cargo("1.0.0-rc.1"),
    "pkg/package.json": '{ "version": "1.0.0-rc.1" }',
    "CHANGELOG.md": changelog("[1.0.0-rc.1] - 2026-12-01"),
  };
  assert.deepEqual(of("v1.0.0-rc.1", candidate), []);
});

for (const tag of ["", "0.2.0", "v0.2", "v0.2.0 ", "release-v0.2.0", "v0.2.0+1"]) {
  test(`"${tag}" is not a tag of a version`, () =>
    assert.deepEqual(of(tag), [`"${tag}" is not a tag of a version, as v1.2.3 is.`]));
}

test("another version in each file", () => {
  assert.deepEqual(of("v0.2.1"), [
    "Cargo.toml has the version 0.2.0, not 0.2.1.",
    "pkg/package.json has the version 0.2.0, not 0.2.1.",
    'CHANGELOG.md begins with "## [0.2.0] - 2026-12-01", not with "## [0.2.1] - " and a date.',
  ]);
});

test("the workspace's own version counts, not that of a crate", () => {
  const file = `${cargo("0.1.0")}\n[package]\nversion = "0.2.0"\n`;
  assert.deepEqual(of("v0.2.0", { "Cargo.toml": file }), [
    "Cargo.toml has the version 0.1.0, not 0.2.0.",
  ]);
});

for (const heading of [
  "[Unreleased]",
  "[0.2.0]",
  "[0.2.0] - soon",
  "[0.2.0] - 2026-02-30",
  "[0.2.0] - 2026-12-01 (first)",
  "[0.2.01] - 2026-12-01",
]) {
  test(`a changelog that begins with "## ${heading}"`, () =>
    assert.deepEqual(of("v0.2.0", { "CHANGELOG.md": changelog(heading) }), [
      `CHANGELOG.md begins with "## ${heading}", not with "## [0.2.0] - " and a date.`,
    ]));
}

test("a version that the repository does not have is refused, and the files are found", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRoot("scripts/version.js"), "v999.0.0"],
    { encoding: "utf8" },
  );
  const { version } = JSON.parse(readFileSync(inRoot("pkg/package.json"), "utf8"));
  assert.deepEqual([status, stdout], [1, ""]);
  for (const file of ["Cargo.toml", "pkg/package.json"])
    assert.ok(stderr.includes(`${file} has the version ${version}, not 999.0.0.`), stderr);
});
