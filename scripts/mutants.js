// `npm run mutants`: changes the core in one place at a time, and counts the changes that the tests miss. The file
// .cargo/mutants.toml says which code is changed and which tests run. The last run's details are in target/mutants/mutants.out.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parse, runTask, wrongUsage } from "./lib/cli.js";
import { ended, main, say, seconds, Stop } from "./lib/command.js";
import { environment, inRoot, root, setUp } from "./setup.js";

const HELP = `Usage: npm run mutants -- [options]

Changes src/core and src/explain in one place at a time, and runs their tests
on each change. A change that no test notices is missed.

      --shard <k/n>         only the k-th of n parts, counted from 0
      --file <path>         only the changes of this file; may be repeated
      --re <regex>          only the changes whose name matches; may be repeated
      --list                say which changes there are, and make none

It ends with 0; with 1 when the tests notice fewer than 98 % of the changes that
compile, or could not be run; with 2 when the command is wrong.`;

const PACKAGES = ["orderhook-core", "orderhook-explain"];
const MIN_PERCENT = 98;
const FOLDER = inRoot("target/mutants");
const OUTCOMES = join(FOLDER, "mutants.out/outcomes.json");

// The same random tests for every change, and few of them: each is run a thousand times.
const RANDOM_TESTS = { PROPTEST_CASES: "64", PROPTEST_RNG_SEED: "1" };

// A change can make a loop write without end: such a test is to fail before the machine has no memory left. In kilobytes of
// address space for each process. macOS and Windows cannot limit it.
const LIMITED = `ulimit -v ${4 << 20} 2>/dev/null; exec "$0" "$@"`;

// cargo-mutants ends with 2 where changes were missed, and with 3 where tests ran into the timeout.
const COMPLETED = [0, 2, 3];

const OPTIONS = {
  shard: { type: "string" },
  file: { type: "string", multiple: true },
  re: { type: "string", multiple: true },
  list: { type: "boolean" },
};

/** Checks the arguments before anything is installed. */
function understood(args) {
  const { values, positionals } = parse(args, OPTIONS, "npm run mutants --");
  const { shard, file: files = [], re: names = [], list = false } = values;
  if (positionals.length > 0) throw wrongUsage("npm run mutants takes options only.");
  const [k, n] =
    shard
      ?.match(/^(\d{1,4})\/(\d{1,4})$/)
      ?.slice(1)
      .map(Number) ?? [];
  if (shard !== undefined && !(k < n))
    throw wrongUsage("--shard wants k/n, with k from 0 to n - 1, as 0/8.");
  const absent = files.find((file) => !existsSync(inRoot(file)));
  if (absent !== undefined) throw wrongUsage(`There is no file ${absent}.`);
  return { shard, files, names, list };
}

/** Returns the arguments of cargo-mutants. It copies the sources to a folder of its own: the working tree stays as it is. */
function parameters({ shard, files, names, list }) {
  return [
    "mutants",
    ...PACKAGES.flatMap((name) => ["--package", name]),
    ...files.flatMap((file) => ["--file", file]),
    ...names.flatMap((name) => ["--re", name]),
    // Each part takes something of every file.
    ...(shard === undefined ? [] : ["--shard", shard, "--sharding", "round-robin"]),
    ...(list
      ? ["--list"]
      : ["--output", FOLDER, "--jobs", "1", "--no-shuffle", "--colors", "never"]),
  ];
}

/** Runs cargo-mutants, whose lines are passed on as they come; returns its exit code. */
async function cargoMutants(args) {
  mkdirSync(FOLDER, { recursive: true });
  // Its copy of the sources has a target folder of its own.
  const scratch = mkdtempSync(join(FOLDER, "copy-"));
  const env = environment({ ...RANDOM_TESTS, TMPDIR: scratch });
  delete env.CARGO_TARGET_DIR;
  try {
    /** @type {import("node:child_process").StdioOptions} */
    const stdio = ["ignore", "inherit", "inherit"];
    const child =
      process.platform === "win32"
        ? spawn("cargo", args, { cwd: root, env, stdio })
        : spawn("sh", ["-c", LIMITED, "cargo", ...args], { cwd: root, env, stdio });
    return await ended(child, "cargo");
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Returns the summary of a run's outcomes, and whether the tests noticed enough. */
export function judge({ caught, missed, timeout, unviable }) {
  // A change that makes a test run forever is noticed.
  const noticed = caught + timeout;
  const viable = noticed + missed;
  const percent = viable === 0 ? 100 : (noticed / viable) * 100;
  return {
    text:
      `${caught} caught, ${missed} missed, ${timeout} timed out, ${unviable} did not compile: ` +
      `${percent.toFixed(1)} % of ${viable} noticed`,
    isEnough: percent >= MIN_PERCENT,
  };
}

async function work(asked) {
  await setUp({ mutants: true });
  const began = Date.now();
  const status = await cargoMutants(parameters(asked));
  if (!COMPLETED.includes(status)) throw new Stop(`cargo mutants failed (${status}).`);
  if (asked.list) return;
  const { text, isEnough } = judge(JSON.parse(readFileSync(OUTCOMES, "utf8")));
  say(`\n${text}, in ${seconds(began)}.`);
  if (!isEnough)
    throw new Stop(`The tests must notice ${MIN_PERCENT} %. Those missed are listed above.`);
}

await main(import.meta.url, (args) => runTask(HELP, args, (typed) => work(understood(typed))));
