// Installs what the project needs beyond rustup, a C compiler, Node and npm, all of it into the project's own folders,
// at the versions that package-lock.json, Cargo.lock and this file pin. Tools that are already installed are left alone,
// without asking the network, so every command begins with it.
//
// Only Node's own modules may be imported here: it runs before node_modules exists.
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { main, output, run, say, seconds, Stop } from "./lib/command.js";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const inRoot = (...parts) => join(root, ...parts);

const WASM = "wasm32-unknown-unknown";
const WRANGLER_NODE = [22, 12];

// Tools compile once and run for seconds: fast compilation matters more than fast code.
const TOOL_PROFILE = [
  "lto=false",
  "opt-level=1",
  "codegen-units=16",
  "debug=false",
  "strip=true",
].flatMap((setting) => ["--config", `profile.release.${setting}`]);

/** The crate that builds wasm-bindgen's commands from a lock file of this project. */
const WASM_BINDGEN = "tools/wasm-bindgen";

/** Every Rust tool and its version. Each is built from a lock file: its `folder`'s, or the one in its published crate. */
const tools = () => [
  { name: "wasm-bindgen", version: wasmBindgenVersion(), folder: WASM_BINDGEN, minutes: 2 },
];
const CI_TOOLS = [{ name: "cargo-deny", version: "0.20.2", minutes: 2 }];
const FUZZ_TOOLS = [{ name: "cargo-fuzz", version: "0.13.2", minutes: 2 }];
// Only as `cargo mutants` does it say its version.
const MUTANT_TOOLS = [
  { name: "cargo-mutants", version: "27.1.0", minutes: 4, options: ["mutants", "--version"] },
];

/** The compiler of the fuzz targets: stable compilers have no sanitizers. */
export const NIGHTLY = "nightly";

/** The folders that npm installs. Running the Worker needs the first alone. */
export const NPM_FOLDERS = {
  root: {
    folder: ".",
    what: "the JavaScript tools",
    size: "half a GB, most of it workerd, binaryen and Node",
  },
  consumers: {
    folder: "tests/consumers",
    what: "the package's consumers",
    size: "660 MB: Deno, Bun, Next.js, Vite and others",
  },
  peers: { folder: "benches/peers", what: "the package's peers", size: "32 MB" },
};

/**
 * Installs missing tools; with `ci`, also the tools that only continuous integration uses. `more` names further folders of
 * npm's. With `fuzz` or `mutants`, installs only the tools of that task, and nothing for JavaScript.
 *
 * @param {{ ci?: boolean, fuzz?: boolean, mutants?: boolean, more?: (keyof typeof NPM_FOLDERS)[] }} [options]
 */
export async function setUp({ ci = false, fuzz = false, mutants = false, more = [] } = {}) {
  if (fuzz) {
    await rustToolchain();
    await nightlyToolchain();
    return rustTools(FUZZ_TOOLS);
  }
  if (mutants) {
    await rustToolchain();
    return rustTools(MUTANT_TOOLS);
  }
  // First, because it checks versions: nothing is installed if they are wrong.
  const wanted = ci ? [...tools(), ...CI_TOOLS] : tools();
  for (const name of ["root", ...more]) await npmPackages(NPM_FOLDERS[name]);
  await rustToolchain();
  await rustTools(wanted);
}

/**
 * Returns the environment that the project's commands run in: its own tools first on the PATH.
 *
 * @param {NodeJS.ProcessEnv} [extra]
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(extra = {}) {
  const path = [
    dirname(node22()),
    inRoot("node_modules/.bin"),
    inRoot(".tools/bin"),
    process.env.PATH,
  ].join(delimiter);
  return { ...process.env, PATH: path, ...extra };
}

/** Returns a Node that wrangler accepts: the one in node_modules, or this one if it is new enough. */
export function node22() {
  const own = inRoot("node_modules/.bin/node");
  if (existsSync(own)) return own;
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > WRANGLER_NODE[0] || (major === WRANGLER_NODE[0] && minor >= WRANGLER_NODE[1]))
    return process.execPath;
  throw new Stop(
    `wrangler needs Node ${WRANGLER_NODE.join(".")} or later; this is ${process.versions.node}, and package.json has no Node ` +
      `for ${process.platform}-${process.arch}. Use a newer Node.`,
  );
}

async function npmPackages({ folder, what, size }) {
  if (npmPackagesAreCurrent(folder)) return;
  const began = Date.now();
  say(`Installing ${what} into ${join(folder, "node_modules")}/ (${size}) …`);
  // `--include=dev`: NODE_ENV=production would leave out everything.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  // Older versions of npm do not know `allowScripts`, and run every script.
  if (!allowsScripts(folder)) args.push("--ignore-scripts");
  await run("npm", args, { cwd: inRoot(folder), what: "npm ci" });
  say(`  done in ${seconds(began)}`);
}

/** Returns whether node_modules matches package-lock.json, by the list that npm leaves there when it has finished. */
function npmPackagesAreCurrent(folder) {
  const installed = packages(join(folder, "node_modules/.package-lock.json"));
  return (
    installed !== null &&
    Object.entries(packages(join(folder, "package-lock.json"))).every(
      ([path, wanted]) =>
        path === "" ||
        (wanted.optional && !installed[path]) ||
        (installed[path]?.version === wanted.version &&
          installed[path]?.integrity === wanted.integrity),
    )
  );
}

function allowsScripts(folder) {
  const { allowScripts = {} } = JSON.parse(readFileSync(inRoot(folder, "package.json"), "utf8"));
  return Object.values(allowScripts).includes(true);
}

function packages(lockFile) {
  return existsSync(inRoot(lockFile))
    ? JSON.parse(readFileSync(inRoot(lockFile), "utf8")).packages
    : null;
}

async function rustToolchain() {
  if (output("rustup", ["--version"]) === null) {
    throw new Stop(
      "rustup was not found. Install it from https://rustup.rs, open a new terminal, and run this again.",
    );
  }
  if (process.platform !== "win32" && output("cc", ["--version"]) === null) {
    throw new Stop(
      "A C compiler was not found: Rust links with it.\n" +
        "Debian and Ubuntu: sudo apt install build-essential. Fedora: sudo dnf install gcc. macOS: xcode-select --install.",
    );
  }
  const { channel, components } = pinnedToolchain();
  let installed = output("rustup", [
    "component",
    "list",
    "--installed",
    "--toolchain",
    channel,
  ])?.split("\n");
  if (!installed) {
    say(`Installing Rust ${channel} …`);
    await rustup("toolchain", "install", channel, "--profile", "minimal", "--no-self-update");
    installed = [];
  }
  for (const component of components.filter(
    (name) => !installed.some((line) => line.startsWith(name)),
  )) {
    say(`Adding ${component} to Rust ${channel} …`);
    await rustup("component", "add", component, "--toolchain", channel);
  }
  if (!installed.includes(`rust-std-${WASM}`)) {
    say(`Adding the target ${WASM} to Rust ${channel} …`);
    await rustup("target", "add", WASM, "--toolchain", channel);
  }
}

async function nightlyToolchain() {
  if (output("rustc", [`+${NIGHTLY}`, "--version"]) !== null) return;
  say(`Installing Rust ${NIGHTLY} …`);
  await rustup("toolchain", "install", NIGHTLY, "--profile", "minimal", "--no-self-update");
}

const rustup = (...args) => run("rustup", args, { cwd: root });

function pinnedToolchain() {
  const text = readFileSync(inRoot("rust-toolchain.toml"), "utf8");
  const channel = text.match(/^channel = "([^"]+)"/m)?.[1];
  const components = text.match(/^components = \[([^\]]*)\]/m)?.[1].match(/[\w-]+/g);
  if (!channel || !components)
    throw new Stop("rust-toolchain.toml lacks its channel or its components.");
  return { channel, components };
}

async function rustTools(wanted) {
  const missing = wanted.filter((tool) => !isInstalled(tool));
  if (missing.length === 0) return;
  for (const tool of missing) await cargoInstall(tool);
  // The tools share it while they compile. Nothing needs it afterwards.
  rmSync(inRoot(".tools/target"), { recursive: true, force: true });
}

function isInstalled({ name, version, folder, options = ["--version"] }) {
  const words = output(inRoot(".tools/bin", name), options)?.split(/\s+/);
  return (words?.includes(version) ?? false) && (!folder || isBuiltFrom(folder, name));
}

/** Returns the lock file that a tool was built from, which `cargoInstall` leaves beside the tool. */
const usedLock = (name) => inRoot(".tools", `${name}.lock`);

function isBuiltFrom(folder, name) {
  return (
    existsSync(usedLock(name)) &&
    readFileSync(usedLock(name)).equals(readFileSync(inRoot(folder, "Cargo.lock")))
  );
}

async function cargoInstall({ name, version, folder, minutes }) {
  const began = Date.now();
  say(`Compiling ${name} ${version} into .tools/ (once; about ${minutes} minutes on two cores) …`);
  const source = folder ? ["--path", inRoot(folder)] : [name, "--version", `=${version}`];
  await run(
    "cargo",
    ["install", ...source, "--locked", "--root", inRoot(".tools"), "--force", ...TOOL_PROFILE],
    {
      cwd: root,
      env: { ...process.env, CARGO_TARGET_DIR: inRoot(".tools/target") },
      what: name,
    },
  );
  if (folder) copyFileSync(inRoot(folder, "Cargo.lock"), usedLock(name));
  say(`  done in ${seconds(began)}`);
}

/** Returns the version of wasm-bindgen's commands: they only read what the same version of the crate has written. */
function wasmBindgenVersion() {
  const crate = lockedVersion("Cargo.lock", "wasm-bindgen");
  const commands = lockedVersion(`${WASM_BINDGEN}/Cargo.lock`, "wasm-bindgen-cli");
  if (crate === commands) return crate;
  throw new Stop(
    `Cargo.lock has wasm-bindgen ${crate}, but ${WASM_BINDGEN}/Cargo.lock has wasm-bindgen-cli ${commands}.\n` +
      `Set both versions in ${WASM_BINDGEN}/Cargo.toml to ${crate}, and run:\n` +
      `  cargo update --manifest-path ${WASM_BINDGEN}/Cargo.toml`,
  );
}

function lockedVersion(lockFile, crate) {
  return readFileSync(inRoot(lockFile), "utf8").match(
    new RegExp(`name = "${crate}"\nversion = "([^"]+)"`),
  )?.[1];
}

await main(import.meta.url, (args) => {
  const ci = args.includes("--ci");
  return setUp({ ci, more: ci ? ["consumers"] : [] });
});
