// Folders of the test's own: an npm project, and commands that print the test's answers.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const folders = [];

/** Makes an empty folder, which `removeFolders` removes. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "orderhook-scripts-"));
  folders.push(folder);
  return folder;
}

export function removeFolders() {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export const PRODUCTION = "in-production";
export const DEVELOPMENT = "in-development";

/** Makes an npm project with two packages in its lock file, each of which `changes` may change. */
export function makeProject({ allowScripts, changes = {} } = {}) {
  const folder = makeFolder();
  const dependencies = { [PRODUCTION]: "1.0.0" };
  const devDependencies = { [DEVELOPMENT]: "1.0.0" };
  const locked = { version: "1.0.0", integrity: "sha512-AAAA" };
  const packages = {
    "": { dependencies, devDependencies },
    [`node_modules/${PRODUCTION}`]: { ...locked, ...changes[PRODUCTION] },
    [`node_modules/${DEVELOPMENT}`]: { ...locked, dev: true, ...changes[DEVELOPMENT] },
  };
  write(folder, "package.json", { private: true, dependencies, devDependencies, allowScripts });
  write(folder, "package-lock.json", { lockfileVersion: 3, requires: true, packages });
  return folder;
}

const write = (folder, name, value) => writeFileSync(join(folder, name), JSON.stringify(value));

/**
 * Makes commands that print the entry of `answers` for their arguments, and returns an environment that finds them first. An
 * answer's key is the command and words that are among its arguments: `npm audit signatures`. The longest key wins.
 */
export function withCommands(answers) {
  const folder = join(makeFolder(), "bin");
  mkdirSync(folder);
  for (const command of new Set(Object.keys(answers).map((key) => key.split(" ")[0]))) {
    writeFileSync(join(folder, command), program(command, answers), { mode: 0o755 });
  }
  return { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) };
}

const program = (command, answers) => `#!${process.execPath}
const answers = ${JSON.stringify(answers)};
const called = ["${command}", ...process.argv.slice(2)];
const keys = Object.keys(answers).filter((key) => key.split(" ").every((word) => called.includes(word)));
const { status = 0, stdout = "", stderr = "" } = answers[keys.sort((a, b) => b.length - a.length)[0]];
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = status;
`;
