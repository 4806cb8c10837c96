// Checks the crates that the lock files pin against the RustSec advisories, and refuses versions that were withdrawn.
import { capture } from "../lib/command.js";
import { root } from "../setup.js";

const TIMEOUT_MS = 180_000;

/** Yields one result for each manifest. Without the database there is one result for all of them. */
export async function* crateResults(manifests, env) {
  const database = verdict(await cargoDeny(["fetch", "db"], env));
  if (database.state !== "passed") return yield { what: "advisories of the crates", ...database };
  for (const manifest of manifests) {
    // Withdrawn versions are known to the index alone, so failing to read it is an error.
    const args = [
      "--locked",
      "--manifest-path",
      manifest,
      "check",
      "--deny",
      "index-failure",
      "advisories",
    ];
    yield { what: `advisories of ${manifest}`, ...verdict(await cargoDeny(args, env)) };
  }
}

const cargoDeny = (args, env) =>
  capture("cargo-deny", ["--log-level", "warn", ...args], {
    cwd: root,
    env: { ...env, GIT_TERMINAL_PROMPT: "0", CARGO_TERM_COLOR: "never" },
    timeout: TIMEOUT_MS,
  });

function verdict({ status, stderr }) {
  if (status === 0) return { state: "passed" };
  return unfetched({ status, stderr }) ?? { state: "failed", lines: [stderr.trim()] };
}

/** Returns the result for a database that could not be fetched; undefined for any other failure. */
function unfetched({ status, stderr }) {
  if (status === "timeout")
    return { state: "not checked", lines: [`no answer within ${TIMEOUT_MS / 1000} s`] };
  if (!/failed to fetch advisory database/.test(stderr)) return undefined;
  const reason =
    stderr.match(/^fatal: (.*)$/m)?.[1] ?? "the advisory database could not be fetched";
  return { state: "not checked", lines: [reason] };
}
