// `.ci/audit`: checks the packages that every lock file pins: known vulnerabilities and withdrawn versions of the Rust crates and
// the npm packages, the registry's signatures of the npm packages, and the form of npm's lock files.
//
//   .ci/audit              fails on a finding, and reports a check whose service did not answer as NOT CHECKED
//   RELEASE=1 .ci/audit    fails on both
import { crateResults } from "./audit/crates.js";
import { npmResults } from "./audit/npm.js";
import { main, say, Stop } from "./lib/command.js";
import { environment, NPM_FOLDERS, setUp } from "./setup.js";

export const MANIFESTS = [
  ...["Cargo.toml", "fuzz/Cargo.toml", "tools/wasm-bindgen/Cargo.toml"],
  ...["examples/consumer-rust/Cargo.toml", "tests/dispatch/strangers/rust/Cargo.toml"],
];
export const FOLDERS = Object.values(NPM_FOLDERS).map(({ folder }) => folder);

/** Runs every check, reports each result, and throws a Stop if one failed or, with `release`, if one could not run. */
export async function audit({
  env,
  release,
  manifests = MANIFESTS,
  folders = FOLDERS,
  report = say,
}) {
  const results = [];
  for (const group of [crateResults(manifests, env), npmResults(folders, env)]) {
    for await (const result of group) {
      results.push(result);
      report(line(result));
    }
  }
  conclude(results, release);
}

const LABELS = { passed: "passed: ", failed: "FAILED: ", "not checked": "NOT CHECKED: " };

/** @param {{ what: string, state: string, lines?: string[] }} result */
function line({ what, state, lines = [] }) {
  const separator = state === "failed" ? "\n  " : " ";
  return `${LABELS[state]}${what}${lines.length > 0 ? `:${separator}${lines.join(separator)}` : ""}`;
}

function conclude(results, release) {
  const names = (state) =>
    results.filter((result) => result.state === state).map(({ what }) => what);
  const failed = names("failed");
  if (failed.length > 0) throw new Stop(`The audit failed: ${failed.join("; ")}`);
  const unchecked = names("not checked");
  if (release && unchecked.length > 0)
    throw new Stop(`RELEASE is set, but these were not checked: ${unchecked.join("; ")}`);
}

await main(import.meta.url, async () => {
  // `npm audit signatures` looks at the installed packages only.
  await setUp({ ci: true, more: ["consumers", "peers"] });
  await audit({ env: environment(), release: Boolean(process.env.RELEASE) });
});
