// Node, Deno and Bun: a program of the project's, and what it prints.
import { execFile, execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { versionOf } from "./project.js";

const own = (name) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));

/** The Node of the tests, and the one that the machine has, by version. */
function nodes() {
  const known = new Map([[process.version, process.execPath]]);
  for (const folder of process.env.PATH.split(delimiter).filter(
    (folder) => !folder.includes("node_modules"),
  )) {
    const path = join(folder, "node");
    try {
      accessSync(path, constants.X_OK);
      known.set(printed(path, ["--version"]), path);
    } catch {
      // There is none in this folder.
    }
  }
  return known;
}

/** Whether a Node can `require` an ES module: 20 can from 20.19 on. */
const requires = (node) => printed(node, ["-p", "process.features.require_module"]) === "true";

const printed = (command, args) => execFileSync(command, args, { encoding: "utf8" }).trim();

/** Runs a program with a Node, and gives the value that it prints as JSON. */
export const runInNode = (node, project, program) => run(project, node, [program]);

export const processes = [
  ...[...nodes()].flatMap(([version, node]) => [
    { name: "Node, import", version, answers: (project) => runInNode(node, project, "import.js") },
    ...(requires(node)
      ? [
          {
            name: "Node, require",
            version,
            answers: (project) => runInNode(node, project, "require.cjs"),
          },
        ]
      : []),
  ]),
  {
    name: "Deno",
    version: versionOf("deno"),
    answers: (project) =>
      run(project, own("deno"), [
        "run",
        "--no-prompt",
        "--cached-only",
        "--allow-read=.",
        "import.js",
      ]),
  },
  {
    name: "Bun",
    version: versionOf("bun"),
    answers: (project) => run(project, own("bun"), ["import.js"]),
  },
];

async function run({ folder }, command, args) {
  const env = { ...process.env, DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" };
  const { stdout } = await promisify(execFile)(command, args, {
    cwd: folder,
    env,
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout);
}
