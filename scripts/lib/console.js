// The console's files, as dispatch serves them: the page, the libraries that it imports, and the package.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inRoot } from "../setup.js";
import { Stop } from "./command.js";
import { inputs, writeConsoleCatalogue } from "./tables.js";

const PAGE = "src/console";

/**
 * The libraries' files, at the versions of package-lock.json, by the names under which the page imports them. Of uPlot it is the
 * script, which is half as large as the module. The page has what it needs of uPlot's styles.
 */
const LIBRARIES = {
  "preact.js": "preact/dist/preact.mjs",
  "hooks.js": "preact/hooks/dist/hooks.mjs",
  "htm.js": "htm/dist/htm.module.js",
  "uplot.js": "uplot/dist/uPlot.iife.min.js",
};

/** The licences that the libraries' files come under. */
const LICENCES = ["preact", "htm", "uplot"];

/** What a browser needs of the package. The reader of TOML is for definitions that the page drafts. */
const PACKAGE = [
  ...["web.js", "lib"],
  ...["orderhook.js", "orderhook_bg.wasm", "explain.js", "explain_bg.wasm"].map(inDist),
  ...["providers.js", "toml.js"].map(inDist),
];

function inDist(name) {
  return `dist/${name}`;
}

/** Returns what the console's files are made of. */
export const consoleInputs = () => [
  ...["package-lock.json", "scripts/lib", PAGE],
  ...PACKAGE.map((path) => join("pkg", path)),
  ...inputs("console"),
];

/** Writes the console's files into a folder. */
export function writeConsole(out) {
  cpSync(inRoot(PAGE), out, { recursive: true });
  for (const [name, path] of Object.entries(LIBRARIES))
    write(
      join(out, "vendor", name),
      alone(readFileSync(inRoot("node_modules", path), "utf8"), path),
    );
  write(join(out, "vendor/LICENSES.txt"), licences());
  writeConsoleCatalogue(out);
  for (const path of PACKAGE) {
    const from = inRoot("pkg", path);
    if (!existsSync(from)) throw new Stop(`${from} is missing: build the package first.`);
    cpSync(from, join(out, "orderhook", path), { recursive: true });
  }
}

/**
 * Returns a library's text as a browser can import it: by relative addresses, without a map that is not there.
 *
 * @param {string} text
 * @param {string} path
 */
function alone(text, path) {
  const relative = text
    .replaceAll(/(from\s*)"preact"/g, '$1"./preact.js"')
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
  if (path.includes(".iife.")) return `${relative}\nexport default uPlot;\n`;
  const [, left] = relative.match(/\b(?:from|import)\s*"([a-z@][\w@/-]*)"/) ?? [];
  if (left !== undefined)
    throw new Stop(`${path} imports "${left}", which the page does not have.`);
  return relative;
}

const licences = () =>
  LICENCES.map((name) => {
    const { version } = JSON.parse(
      readFileSync(inRoot("node_modules", name, "package.json"), "utf8"),
    );
    const text = readFileSync(inRoot("node_modules", name, "LICENSE"), "utf8");
    return `${name} ${version}\n\n${text.trim()}\n`;
  }).join(`\n${"-".repeat(72)}\n\n`);

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The modules that the page imports from beside it, and where their types are. */
const TYPES = {
  "vendor/preact.js": "preact",
  "vendor/hooks.js": "preact/hooks",
  "vendor/htm.js": "htm",
  "vendor/uplot.js": "uplot",
  "orderhook/web.js": "../../../pkg/index.js",
  "orderhook/dist/toml.js": "smol-toml",
};

/** Writes declarations of the modules that the build puts beside the page, for `.ci/types`. See `rootDirs` in tsconfig.json. */
export function writeTypes(out) {
  for (const [name, from] of Object.entries(TYPES)) {
    const depth = "../".repeat(name.split("/").length - 2);
    const source = from.startsWith(".") ? `${depth}${from}` : from;
    const lines = [`export * from "${source}";`, ...defaultOf(from)];
    write(join(out, name.replace(/\.js$/, ".d.ts")), `${lines.join("\n")}\n`);
  }
}

const defaultOf = (from) =>
  ["htm", "uplot"].includes(from) ? [`export { default } from "${from}";`] : [];
