// `npm run build`: the receiver into build/, dispatch into build-dispatch/ and its files into build-dispatch-assets/, and the npm package's generated files into pkg/dist/. A digest of a part's inputs, and
// one of its output, tell whether it has to be built again. What is generated from `providers/` is a part of its own: a change
// there compiles nothing.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { parse, runTask, wrongUsage } from "./lib/cli.js";
import { main, run, say, seconds, Stop } from "./lib/command.js";
import { isStarted, turn } from "./lib/started.js";
import { environment, inRoot, root, setUp } from "./setup.js";

const HELP = `Usage: npm run build -- [options]

Builds what has changed of the two Workers and of the npm package.

      --worker              the receiver alone
      --dispatch            dispatch alone
      --out <folder> --feature <name>
                            the receiver alone, or with --dispatch the other,
                            with a Cargo feature, into a folder of its own
      --panic-probe         --out build-panic --feature panic-probe, in short

It ends with 0; with 1 when it cannot be built; with 2 when the command is wrong.`;

const WASM_TARGET = "wasm32-unknown-unknown";

/** What the modules that are generated from `providers/` depend on beside it. */
const TABLE_INPUTS = [
  ...["package-lock.json", "scripts/build.js", "pkg/cli/input.js", "pkg/cli/slug.js"],
  ...["catalogue", "profile", "provider-pages", "sample", "tables", "wording"].map(
    (name) => `scripts/lib/${name}.js`,
  ),
];

const SHARED_INPUTS = [
  ...["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml", "package-lock.json"],
  ...["scripts/setup.js", "scripts/build.js", "tools/wasm-bindgen/Cargo.lock", "src/core"],
];

// By name, since `strip` takes the section that lists them out of the module. Not `--all-features`: its encodings are
// newer than Node 20 and workerd read.
const WASM_OPT = [
  ...["-Oz", "--converge", "--strip-producers", "--strip-target-features"],
  // The lowest 1024 bytes are the end of the stack and hold no value: an address and its offset never wrap around into them.
  "--low-memory-unused",
  ...[
    "simd",
    "bulk-memory",
    "nontrapping-float-to-int",
    "sign-ext",
    "mutable-globals",
    "reference-types",
    "multivalue",
  ].map((feature) => `--enable-${feature}`),
];

/**
 * Sets up, and builds the changed parts of the Workers and the package. `more` is as in `setUp`.
 *
 * @param {Pick<NonNullable<Parameters<typeof setUp>[0]>, "more">} [options]
 */
export async function build({ more } = {}) {
  await setUp({ more });
  await buildWorker();
  await buildDispatch();
  await buildPackage();
}

/**
 * The two Workers. `scripts` is the JavaScript that is copied beside a module in its build; `budget` is the most bytes that its
 * wasm may have with gzip.
 */
const RECEIVER = {
  name: "the receiver",
  crate: "orderhook-worker",
  folder: "src/worker",
  scripts: [
    "src/worker/entry.js",
    "src/executor/instance.js",
    "src/worker/host/drive.js",
    "src/worker/host/host.js",
    "src/worker/host/warm-up.js",
    "pkg/lib/event.js",
  ],
  budget: 177_000,
};
const DISPATCH = {
  name: "dispatch",
  crate: "orderhook-dispatch",
  folder: "src/dispatch",
  scripts: [
    "src/dispatch/entry.js",
    "src/executor/instance.js",
    "src/dispatch/host/drive.js",
    "src/dispatch/host/access.js",
    "src/dispatch/host/host.js",
    "src/dispatch/host/post.js",
    "src/dispatch/stream.js",
    "pkg/lib/key-set.js",
  ],
  budget: 425_000,
};

/**
 * Builds the receiver into `out`, with the Cargo feature `feature` if one is given, and checks its size.
 *
 * @param {{ out?: string, feature?: string }} [options]
 */
export async function buildWorker({ out = "build", feature } = {}) {
  await buildModule(RECEIVER, out, feature);
  await buildDefinitions(out);
}

/**
 * Builds dispatch as `buildWorker` builds the receiver, and the files that it serves.
 *
 * @param {{ out?: string, feature?: string }} [options]
 */
export async function buildDispatch({ out = "build-dispatch", feature } = {}) {
  await buildModule(DISPATCH, out, feature);
  if (feature === undefined) await buildAssets(`${out}-assets`);
}

/** What the runtime reads of the files that dispatch serves: `_headers` and `_redirects`. */
const RULES = "src/dispatch/assets";

/**
 * Writes the files that dispatch serves, with the package that the console runs. `[assets]` in src/dispatch/wrangler.toml names
 * the folder.
 */
async function buildAssets(out) {
  await buildPackage({ quiet: true });
  const { consoleInputs, writeConsole } = await import("./lib/console.js");
  const part = {
    name: `the console (${out}/)`,
    inputs: ["scripts/build.js", RULES, ...consoleInputs()],
    out,
    makes: ["_headers", "_redirects", "console"],
  };
  await ifChanged(part, () => {
    rmSync(inRoot(out), { recursive: true, force: true });
    cpSync(inRoot(RULES), inRoot(out), { recursive: true });
    writeConsole(inRoot(out, "console"));
  });
}

async function buildModule(worker, out, feature) {
  const { name, crate, folder, scripts } = worker;
  const part = {
    name: `${name} (${out}/)`,
    inputs: [...SHARED_INPUTS, "src/executor", folder, ...scripts],
    settings: feature ?? "",
    out,
    makes: ["index.js", "index_bg.wasm", ...scripts.map((path) => basename(path))],
  };
  await ifChanged(part, async () => {
    const env = compilerEnvironment({ RUST_BACKTRACE: "0" });
    await compile([crate], env, feature === undefined ? [] : ["--features", feature]);
    rmSync(inRoot(out), { recursive: true, force: true });
    await bindModule("index", crate, out, env, ["--experimental-reset-state-function"]);
    await joinSnippets(out, env);
    for (const path of scripts) copyFileSync(inRoot(path), inRoot(out, basename(path)));
    holdToBudget(worker, out);
  });
}

/** Generates the definitions that the receiver reads, beside its module, and prints what they weigh. */
async function buildDefinitions(out) {
  const { inputs, weight, writeDefinitions } = await tables();
  const part = {
    name: `the receiver's definitions (${out}/providers.js)`,
    inputs: [...TABLE_INPUTS, ...inputs("definitions")],
    out,
    makes: ["providers.js"],
  };
  await ifChanged(part, () => {
    writeDefinitions(inRoot(out));
    say(weight());
  });
}

/** Loads the generators, which need a package: the set-up that installs it begins without them. */
const tables = () => import("./lib/tables.js");

/** The package's modules by their files' names. The module that explains is separate: receivers do not need it. */
const PACKAGE_MODULES = { orderhook: "orderhook-npm", explain: "orderhook-explain-wasm" };

/** Builds the npm package's generated files. Prints nothing if they are up to date and `quiet` is set. */
export async function buildPackage({ quiet = false } = {}) {
  const out = "pkg/dist";
  const part = {
    name: `the package (${out}/)`,
    inputs: [...SHARED_INPUTS, "src/npm", "src/explain"],
    out,
    makes: Object.keys(PACKAGE_MODULES).flatMap((name) => [
      ...[`${name}.js`, `${name}_bg.wasm`, `${name}.d.ts`, `${name}_bg.wasm.d.ts`],
    ]),
    quiet,
  };
  await ifChanged(part, async () => {
    const env = compilerEnvironment();
    await compile(Object.values(PACKAGE_MODULES), env);
    rmSync(inRoot(out), { recursive: true, force: true });
    for (const [name, crate] of Object.entries(PACKAGE_MODULES)) {
      // With the declarations that `.ci/types` reads. They are not published: the module that
      // replaces this one does not name them.
      await wasmBindgen(name, crate, out, env);
      await bindModule(name, crate, out, env);
    }
  });
  await buildTables(out, quiet);
  await bundleForNode(out, quiet);
}

/** The names of the bundle's files: the entry, and the parts that it loads later or shares with them. */
const BUNDLE = /^node(-\w+)?\.(js|d\.ts)$/;

/** Bundles the entry for Node: a program starts faster with two files than with fifteen. */
async function bundleForNode(out, quiet) {
  const made = () => readdirSync(inRoot(out)).filter((name) => BUNDLE.test(name));
  const part = {
    name: `the package's entry for Node (${out}/node.js)`,
    inputs: [
      "scripts/build.js",
      "pkg/node.js",
      "pkg/lib",
      ...["orderhook", "explain", "providers"].map((name) => `${out}/${name}.js`),
    ],
    out,
    makes: made,
    quiet,
  };
  await ifChanged(part, async () => {
    for (const name of made()) rmSync(inRoot(out, name));
    const flags = ["--bundle", "--splitting", "--format=esm", "--platform=node", "--target=node20"];
    const names = ["--chunk-names=node-[hash]", "--minify-whitespace", "--minify-syntax"];
    // Node prints the line that threw an error which nobody caught.
    const width = "--line-limit=120";
    const head = "--banner:js=// @ts-nocheck: bundled by scripts/build.js.";
    await run(
      inRoot("node_modules/.bin/esbuild"),
      [
        inRoot("pkg/node.js"),
        ...flags,
        ...names,
        width,
        head,
        "--log-level=warning",
        `--outdir=${inRoot(out)}`,
      ],
      { env: environment() },
    );
    const entry = inRoot(out, "node.js");
    // For `.ci/types` alone: it is not published.
    writeFileSync(inRoot(out, "node.d.ts"), 'export * from "../index.js";\n');
    // The modules are beside the bundle.
    writeFileSync(entry, readFileSync(entry, "utf8").replaceAll('new URL("./dist/', 'new URL("./'));
  });
}

/** Generates what the package has of `providers/`, and bundles the reader of TOML that its command needs. */
async function buildTables(out, quiet) {
  const { inputs, writeDefinitions, writeDeliveries, writeModules } = await tables();
  const part = {
    name: `the package's tables (${out}/)`,
    inputs: [...TABLE_INPUTS, ...inputs("deliveries")],
    out,
    makes: ["providers.js", "providers", "deliveries.js", "toml.js"],
    quiet,
  };
  await ifChanged(part, async () => {
    writeDefinitions(inRoot(out));
    writeModules(inRoot(out));
    await writeDeliveries(inRoot(out));
    await bundleToml(inRoot(out, "toml.js"));
  });
}

/** Bundles smol-toml's reader, with its licence: the package is installed without other packages. */
async function bundleToml(file) {
  const source = inRoot("node_modules/smol-toml/dist/parse.js");
  const flags = ["--bundle", "--format=esm", "--minify", "--legal-comments=eof"];
  const head = "--banner:js=// @ts-nocheck: smol-toml, bundled by scripts/build.js.";
  await run(
    inRoot("node_modules/.bin/esbuild"),
    [source, ...flags, "--log-level=warning", head, `--outfile=${file}`],
    {
      env: environment(),
    },
  );
}

async function compile(crates, env, more = []) {
  const packages = crates.flatMap((crate) => ["-p", crate]);
  await run("cargo", ["build", ...packages, ...more, "--target", WASM_TARGET, "--release"], {
    cwd: root,
    env,
  });
}

/** Joins the scripts that crates contain with `index.js`. */
async function joinSnippets(out, env) {
  const index = inRoot(out, "index.js");
  writeFileSync(index, importedOnce(readFileSync(index, "utf8")));
  const external = ["./access.js", "./host.js", "./post.js"].map((path) => `--external:${path}`);
  const args = [index, "--bundle", "--format=esm", ...external, "--log-level=warning"];
  await run(
    inRoot("node_modules/.bin/esbuild"),
    [...args, `--outfile=${index}`, "--allow-overwrite"],
    { env },
  );
  rmSync(inRoot(out, "snippets"), { recursive: true, force: true });
}

/**
 * Returns what wasm-bindgen made, with each module imported once. wasm-bindgen imports a module anew for each of its functions that
 * needs no glue, always under the same key: esbuild, which wrangler bundles with, warns of these keys.
 */
export const importedOnce = (text) =>
  text
    .replaceAll(/^import \* as import\d+ from ("[^"]+");?\n/gm, firstOf())
    .replaceAll(/^\s*("[^"]+"): import\d+,\n/gm, firstOf());

/** Returns a function that keeps the first line of each module. */
function firstOf() {
  const modules = new Set();
  return (line, module) => {
    if (modules.has(module)) return "";
    modules.add(module);
    return line;
  };
}

/** Makes `<name>.js` and `<name>_bg.wasm` of a compiled crate, in the folder `out`. */
async function bindModule(name, crate, out, env, flags = []) {
  const wasm = inRoot(out, `${name}_bg.wasm`);
  await wasmBindgen(name, crate, out, env, ["--no-typescript", ...flags]);
  await run(inRoot("node_modules/.bin/wasm-opt"), [wasm, "-o", wasm, ...WASM_OPT], {
    env,
    what: "wasm-opt",
  });
}

async function wasmBindgen(name, crate, out, env, flags = []) {
  const built = join(targetFolder(), WASM_TARGET, "release", `${crate.replaceAll("-", "_")}.wasm`);
  const args = [built, "--target", "web", "--out-dir", out, "--out-name", name, ...flags];
  await run(inRoot(".tools/bin/wasm-bindgen"), args, { cwd: root, env });
}

/**
 * Returns the compiler's environment, without the caller's flags: these would displace those of .cargo/config.toml, SIMD and the
 * memory limit among them. The target's flags are added to those. The build is the same on every machine: a panic's place
 * contains no path of the machine.
 */
function compilerEnvironment(extra = {}) {
  const { RUSTFLAGS, CARGO_ENCODED_RUSTFLAGS, ...env } = environment({
    CARGO_TARGET_DIR: targetFolder(),
    ...extra,
  });
  const crates = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry/src");
  const flags = [`--remap-path-prefix=${crates}=crates`, `--remap-path-prefix=${root}=.`];
  // Cargo ends a flag at a blank, so a path with a blank is left as it is.
  return {
    ...env,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: flags
      .filter((flag) => !/\s/.test(flag))
      .join(" "),
  };
}

const targetFolder = () => resolve(root, process.env.CARGO_TARGET_DIR ?? "target");

/** Does the work of a part whose inputs have changed, or whose files: those in the folder `out` that it `makes`. */
async function ifChanged({ name, inputs, settings = "", out, makes, quiet = false }, work) {
  const stamp = inRoot(".tools/stamps", `${name.replace(/[^\w]+/g, "-")}.json`);
  const paths = () =>
    (typeof makes === "function" ? makes() : makes).map((path) => join(out, path));
  const madeFrom = digest(inputs, settings);
  const last = existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : {};
  const isWhole = paths().every((path) => existsSync(inRoot(path)));
  if (last.madeFrom === madeFrom && isWhole && last.became === digest(paths())) {
    if (!quiet) say(`Up to date: ${name}`);
    return;
  }
  const began = Date.now();
  say(`Building ${name} …`);
  rmSync(stamp, { force: true });
  await work();
  mkdirSync(inRoot(".tools/stamps"), { recursive: true });
  writeFileSync(stamp, JSON.stringify({ madeFrom, became: digest(paths()) }));
  say(`  done in ${seconds(began)}`);
}

function digest(paths, settings = "") {
  const hash = createHash("sha256").update(settings);
  for (const path of paths.flatMap(files)) {
    const content = readFileSync(inRoot(path));
    hash.update(`\0${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function files(path) {
  if (!statSync(inRoot(path)).isDirectory()) return [path];
  return (
    readdirSync(inRoot(path), { withFileTypes: true })
      // wrangler keeps files of its own beside a configuration, and `npm run deploy` the one that it deploys.
      .filter(({ name }) => name !== ".wrangler" && name !== "wrangler.deploy.json")
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => files(join(path, entry.name)))
  );
}

function holdToBudget({ name, budget }, out) {
  const bytes = readFileSync(inRoot(out, "index_bg.wasm"));
  const size = gzipSync(bytes, { level: 9 }).length;
  const figure = `The wasm of ${name}: ${grouped(bytes.length)} bytes, ${grouped(size)} with gzip -9 of ${grouped(budget)} allowed`;
  if (size > budget)
    throw new Stop(
      `${figure}. Look at what came in: a larger module starts more slowly at the edge.`,
    );
  say(figure);
}

const grouped = (number) => number.toLocaleString("en");

const OPTIONS = {
  worker: { type: "boolean" },
  dispatch: { type: "boolean" },
  "panic-probe": { type: "boolean" },
  out: { type: "string" },
  feature: { type: "string" },
};

/** Parses the arguments before anything is installed. */
function understood(args) {
  const { values, positionals } = parse(args, OPTIONS, "npm run build --");
  const { out, feature } = values["panic-probe"] ? PANIC_PROBE : values;
  if (positionals.length > 0) throw wrongUsage("It takes nothing but options.");
  if (!out !== !feature)
    throw wrongUsage(
      "--out and --feature go together: a build with a feature never replaces a Worker's own.",
    );
  // A build replaces its folder as a whole.
  if (out && existsSync(inRoot(out)) && !existsSync(inRoot(out, "index_bg.wasm")))
    throw wrongUsage(
      `The folder ${out} holds something other than a build. Name another one with --out.`,
    );
  const { worker, dispatch } = values;
  return { isWhole: !out && !worker && !dispatch, dispatch, out, feature };
}

const PANIC_PROBE = { out: "build-panic", feature: "panic-probe" };

await main(import.meta.url, (args) =>
  runTask(HELP, args, async () => {
    const { isWhole, dispatch, out, feature } = understood(args);
    if (isWhole) return build();
    if (!isStarted()) await setUp();
    else if (!dispatch) await turn();
    await (dispatch ? buildDispatch : buildWorker)({ out, feature });
  }),
);
