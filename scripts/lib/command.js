// Runs commands for the other scripts, and shortens their output.
import { execFile, spawn, spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

/** A failure that the reader can act on: only its text is shown. */
export class Stop extends Error {}

export const say = (text) => console.log(text);

/** Returns the output of a command, or null if the command is missing or fails. */
export function output(command, args, options = {}) {
  const done = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    ...options,
  });
  return done.status === 0 ? done.stdout.trim() : null;
}

/** Runs a command. Returns its output and its exit code, which is `timeout` if it had to be stopped. */
export async function capture(command, args, options = {}) {
  try {
    const printed = await promisify(execFile)(command, args, { maxBuffer: 1 << 26, ...options });
    return { status: 0, ...printed };
  } catch (error) {
    if (error.code === "ENOENT") throw new Stop(`${command} was not found on the PATH`);
    if (error.stdout === undefined) throw error;
    return {
      status: error.killed ? "timeout" : (error.code ?? error.signal),
      stdout: error.stdout,
      stderr: error.stderr,
    };
  }
}

// Output of cargo, wasm-bindgen and esbuild that reports no problem.
const PROGRESS = [
  /^\s*$/,
  /^\s+(Compiling|Checking|Downloaded|Downloading|Updating|Installing|Installed|Replacing|Replaced|Finished|Locking|Adding|Packaging|Blocking|Running|Executable|Documenting|Generated)\s/,
  // `cargo install` says this of tools that are run by their full path, at the versions that they were released with.
  /^warning: be sure to add `.*` to your PATH|^warning: package `.*` in Cargo.lock is yanked/,
  /^\[INFO\]|^\s+index\.js\s|^⚡/,
  // True, and the reason why build.js and src/worker/Cargo.toml name the features.
  /^warning: the `target_features` custom section is missing/,
];
export const COLOURS = /\u001b\[[0-9;]*m/g;
const HEARTBEAT_MS = 20_000;

/**
 * Runs a command to its end; throws a Stop if it fails. Its output is passed on, except for progress lines. In their place a line
 * is printed now and then. `take` receives each line of its stdout.
 *
 * @param {string} command
 * @param {string[]} args
 * @typedef {(line: string) => void} Take
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, what?: string, take?: Take }} [options]
 */
export async function run(
  command,
  args,
  { env = process.env, cwd, what = command, take = () => {} } = {},
) {
  const colour = process.stdout.isTTY ? "always" : "never";
  const child = spawn(command, args, {
    cwd,
    env: { CARGO_TERM_COLOR: colour, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const began = Date.now();
  let compiled = 0;
  const heartbeat = setInterval(
    () => say(`  … ${what}: ${progress(compiled, began)}`),
    HEARTBEAT_MS,
  );
  const out = lines(child.stdout, (line) => {
    take(line.replace(COLOURS, ""));
    process.stdout.write(line);
  });
  const err = lines(child.stderr, (line) => {
    const plain = line.replace(COLOURS, "");
    if (/^\s+(Compiling|Checking)\s/.test(plain)) compiled += 1;
    if (!PROGRESS.some((pattern) => pattern.test(plain))) process.stderr.write(line);
  });
  try {
    const [status] = await Promise.all([ended(child, command), out, err]);
    if (status !== 0) throw new Stop(`${what} failed (${status}): ${[command, ...args].join(" ")}`);
  } finally {
    clearInterval(heartbeat);
  }
}

/** Resolves with a child's exit code, or with the signal that ended it. */
export function ended(child, command) {
  return new Promise((resolve, reject) => {
    child.on("error", (error) =>
      reject(
        new Stop(
          error.code === "ENOENT"
            ? `${command} was not found on the PATH`
            : `${command}: ${error.message}`,
        ),
      ),
    );
    child.on("close", (code, signal) => resolve(signal ?? code));
  });
}

/** Runs `work` if its file is the one that node was started with, and turns a failure into a message and exit code 1. */
export async function main(file, work) {
  if (file !== pathToFileURL(process.argv[1]).href) return;
  try {
    await work(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Stop ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

export const seconds = (began) => `${((Date.now() - began) / 1000).toFixed(1)} s`;

function progress(compiled, began) {
  const time = `${Math.round((Date.now() - began) / 1000)} s`;
  return compiled > 0 ? `${compiled} crates, ${time}` : time;
}

/** Passes on each line of a stream, with its end. */
export async function lines(stream, take) {
  stream.setEncoding("utf8");
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) take(`${part}\n`);
  }
  if (rest) take(rest);
}
