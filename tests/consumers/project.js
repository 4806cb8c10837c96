// A consumer's project: the package as it is published, packed and installed. What it does not find in its own node_modules
// (Express, Vite, …) is found in this folder's.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { corpus } from "../support/corpus.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The version of a package that is installed in this folder. */
export const versionOf = (name) =>
  JSON.parse(readFileSync(here(`node_modules/${name}/package.json`), "utf8")).version;

/** Makes a project in a folder that Git ignores. It installs the package that TARBALL names, from the root; otherwise one that it packs. */
export function makeProject(name) {
  mkdirSync(here("build"), { recursive: true });
  const folder = mkdtempSync(here(`build/${name}-`));
  const npm = (...args) =>
    execFileSync("npm", args, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      // There, npm is a script.
      shell: process.platform === "win32",
    });
  const filename = process.env.TARBALL
    ? copied(here(`../../${process.env.TARBALL}`), folder)
    : JSON.parse(npm("pack", here("../../pkg"), "--json"))[0].filename;
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm("install", "--offline", "--no-audit", "--no-fund", `./${filename}`);
  return {
    folder,
    tarball: join(folder, filename),
    write: (path, text) => writeFileSync(join(folder, path), text),
    /** Writes the corpus into it, and what answers it. */
    addCorpus() {
      writeFileSync(join(folder, "corpus.json"), JSON.stringify(corpus));
      copyFileSync(here("../package/answers.js"), join(folder, "answers.js"));
    },
    /** Copies programs that this folder has. */
    addPrograms(...names) {
      for (const program of names) copyFileSync(here(`programs/${program}`), join(folder, program));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Copies a file into a folder, and returns its name. */
function copied(file, folder) {
  copyFileSync(file, join(folder, basename(file)));
  return basename(file);
}
