// The Chromium that the tests open pages in, and the driver that wasm-bindgen's test runner wants beside it.
//
// The one rule where there is none: the tests that need it are not registered, `npm test` says so in its last lines, and
// where `CI` is set it fails for that.
//
//   node tests/consumers/chromium.js     prints both paths, and fails where one is missing
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { main, say, Stop } from "../../scripts/lib/command.js";

const CHROMIUM = {
  called: "Chromium",
  variable: "CHROMIUM",
  names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
};
const CHROMEDRIVER = { called: "ChromeDriver", variable: "CHROMEDRIVER", names: ["chromedriver"] };
const MACOS = ["Google Chrome", "Chromium"].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/** What it is started with: as root too, and without a call home. */
export const CHROMIUM_ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Its path: what `CHROMIUM` says, else the first that is found; undefined where there is none. */
export const chromium = (env = process.env) => found(CHROMIUM, env) ?? MACOS.find(runs);

/** The driver's path: what `CHROMEDRIVER` says, else the first that is found; undefined where there is none. */
export const chromedriver = (env = process.env) => found(CHROMEDRIVER, env);

/** Why not all that needs a browser can run, and what to do; undefined where it can. */
export function missing(env = process.env) {
  if (chromium(env) && chromedriver(env)) return undefined;
  const { called, variable } = chromium(env) ? CHROMEDRIVER : CHROMIUM;
  return `no ${called} found; install it or set ${variable}`;
}

function found({ variable, names }, env) {
  if (env[variable]) return env[variable];
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(runs);
}

function runs(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

await main(import.meta.url, () => {
  if (missing()) throw new Stop(missing());
  say(`${chromium()}\n${chromedriver()}`);
});
