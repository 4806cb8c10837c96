// `npm run fuzz`: checks the rules for every delivery on deliveries that libFuzzer makes up. It begins with seeds made from the
// shared corpus (fuzz/seeds) and with the inputs that once failed (fuzz/regressions). Git ignores the inputs that a run finds:
// those that reach new code are kept in fuzz/corpus, those that fail in fuzz/artifacts.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, relative, resolve } from "node:path";
import { writeSeeds } from "../fuzz/seeds.js";
import { meant, parse, runTask, wrongUsage } from "./lib/cli.js";
import { ended, main, run, say, seconds, Stop } from "./lib/command.js";
import { inRoot, NIGHTLY, root, setUp } from "./setup.js";

const folder = (...parts) => inRoot("fuzz", ...parts);
/** The targets of fuzz/Cargo.toml. */
const TARGETS = [
  ...readFileSync(folder("Cargo.toml"), "utf8").matchAll(/^\[\[bin\]\]\nname = "(\w+)"/gm),
].map(([, name]) => name);

const HELP = `Usage: npm run fuzz -- [target …] [options]

Checks what must hold for every delivery on deliveries that libFuzzer makes up,
a minute for each target: those that are named, or all. The targets are

  ${TARGETS.join("\n  ")}

      --seconds <n>         how long each target runs; 60 by default
      --input <file>        runs one input of one target again, and prints all
                            that is said about it

A run prints the SEED that it used. SEED=<number> before the command uses it
again.

fuzz/corpus keeps inputs that reach something new, fuzz/artifacts inputs that
fail. Put an input that fails into fuzz/regressions/<target>, under a name that
says what broke: every run begins with these, and npm test replays them.

It ends with 0; with 1 when something was found, or could not be run; with 2
when the command is wrong.`;

const env = { ...process.env, PATH: [inRoot(".tools/bin"), process.env.PATH].join(delimiter) };

// A large body is made of few stretched bytes, so longer inputs only make each run slower.
const MAX_INPUT_BYTES = 4096;
// Lines of a failure's report.
const MAX_LINES = 16;
// Seconds for one input, and megabytes for all of them.
const LIMITS = ["-timeout=20", "-rss_limit_mb=2048"];

const OPTIONS = {
  seconds: { type: "string" },
  input: { type: "string" },
};

/** Parses the arguments before anything is installed. */
function understood(args) {
  const { values, positionals } = parse(args, OPTIONS, "npm run fuzz --");
  const { seconds: time = "60", input } = values;
  const unknown = positionals.find((name) => !TARGETS.includes(name));
  if (unknown !== undefined)
    throw wrongUsage(
      `There is no target "${unknown}".${meant(unknown, TARGETS)} There are ${TARGETS.join(", ")}.`,
    );
  if (input !== undefined && !existsSync(input)) throw wrongUsage(`There is no file ${input}.`);
  if (!/^[1-9]\d{0,5}$/.test(time))
    throw wrongUsage("--seconds wants a whole number from 1 to 999999.");
  if (input !== undefined && positionals.length !== 1)
    throw wrongUsage("--input wants the one target that it is for.");
  return { targets: positionals.length > 0 ? positionals : TARGETS, time, input };
}

/** Runs one target for some seconds; returns the failing input, if there is one. */
async function fuzz(target, time) {
  const began = Date.now();
  const seed = process.env.SEED ?? String(randomInt(1, 2 ** 32));
  // libFuzzer writes inputs that reach new code into the first folder.
  const { status, text } = await libFuzzer(
    target,
    [kept("corpus", target), ...beginnings(target)],
    [
      `-max_total_time=${time}`,
      `-max_len=${MAX_INPUT_BYTES}`,
      `-dict=${folder("dictionary")}`,
      `-seed=${seed}`,
      "-print_final_stats=1",
    ],
  );
  const runs = text.match(/^stat::number_of_executed_units:\s+(\d+)$/m)?.[1] ?? "?";
  const covered = [...text.matchAll(/ cov: (\d+) /g)].at(-1)?.[1] ?? "?";
  const counts = `${runs.padStart(9)} runs  ${covered.padStart(5)} edges  ${seconds(began).padStart(7)}  SEED=${seed}`;
  say(`${target.padEnd(18)} ${counts}${status === 0 ? "" : "  FAILED"}`);
  if (status === 0) return [];
  say(findings(text));
  const file = text.match(/Test unit written to (\S+)$/m)?.[1];
  if (file === undefined) return [target];
  say(`  again: npm run fuzz -- ${target} --input ${relative(root, file)}`);
  return [file];
}

/** Runs one input, and passes on all its output. */
async function again(target, input) {
  const { status, text } = await libFuzzer(target, [input], []);
  say(text.trimEnd());
  if (status !== 0) throw new Stop(`${target} fails on ${relative(root, input)}.`);
  say(`\n${target} holds on ${relative(root, input)}.`);
}

/** Runs a target, on folders or on one file, and collects its output: hundreds of lines, of which a reader wants one. */
async function libFuzzer(target, inputs, args) {
  const child = spawn(
    "cargo",
    [`+${NIGHTLY}`, "fuzz", "run", target, ...inputs, "--", ...args, ...LIMITS],
    {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  const status = await ended(child, "cargo");
  return { status, text };
}

/** Returns the part of the output that describes the failure: from the panic, or else the sanitizer's line, to the first frames. */
function findings(text) {
  const lines = text.split("\n");
  const signs = [/ panicked at /, /ERROR: /, /^error/i].map((sign) =>
    lines.findIndex((line) => sign.test(line)),
  );
  const from = signs.find((at) => at >= 0);
  return lines
    .slice(from ?? -MAX_LINES)
    .slice(0, MAX_LINES)
    .map((line) => `  ${line.slice(0, 400)}`)
    .join("\n");
}

/** Returns the folders whose inputs a run begins with. */
function beginnings(target) {
  return [folder("seeds", target), folder("regressions", target)].filter(existsSync);
}

/** Returns a folder that git ignores, and makes it if it is missing. */
function kept(...parts) {
  mkdirSync(folder(...parts), { recursive: true });
  return folder(...parts);
}

async function work({ targets, time, input }) {
  await setUp({ fuzz: true });
  say("Compiling the fuzz targets (the first time, about three minutes on two cores) …");
  await run("cargo", [`+${NIGHTLY}`, "fuzz", "build"], { cwd: root, env, what: "cargo fuzz" });
  if (input !== undefined) return again(targets[0], resolve(input));
  rmSync(folder("seeds"), { recursive: true, force: true });
  await writeSeeds(folder("seeds"));
  const found = [];
  for (const target of targets) found.push(...(await fuzz(target, time)));
  if (found.length > 0) throw new Stop(`${found.length} found.`);
  say(`\n${targets.length} targets, nothing found.`);
}

await main(import.meta.url, (args) => runTask(HELP, args, () => work(understood(args))));
