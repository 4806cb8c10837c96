// The Python packages of others that the tests use: each list is installed into a folder of its own.
import { existsSync, writeFileSync } from "node:fs";
import { run, say } from "../../../scripts/lib/command.js";
import { inRoot } from "../../../scripts/setup.js";

/** Installs the packages of a list in this folder into .tools/<name>, unless they are there. Returns the folder of its programs. */
export async function installed(name, list) {
  const folder = inRoot(".tools", name);
  const done = `${folder}/installed`;
  if (existsSync(done)) return `${folder}/bin`;
  say(`Installing the packages of ${list} into .tools/${name} …`);
  await run("python3", ["-m", "venv", folder]);
  const requirements = ["-r", inRoot("tests/dispatch/strangers", list)];
  await run(`${folder}/bin/pip`, ["install", "--quiet", ...requirements], { what: "pip" });
  writeFileSync(done, "");
  return `${folder}/bin`;
}
