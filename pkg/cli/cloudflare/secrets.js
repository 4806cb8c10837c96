// Sets secrets of a deployed Worker through the project's wrangler.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Failure } from "../failure.js";
import { wranglerProgram } from "../project.js";

/** Variables that keep wrangler from writing secrets into its logs, and from sending anything else. */
export const DISCREET = {
  WRANGLER_WRITE_LOGS: "false",
  WRANGLER_LOG_SANITIZE: "true",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
};

/**
 * Sets secrets of the Worker that the folder's wrangler file describes. Their values go to wrangler's standard input, and nowhere else.
 * Wrangler's output is on standard error.
 *
 * @param {string} folder
 * @param {Record<string, string>} values by name
 * @param {{ file?: string, env?: NodeJS.ProcessEnv }} [options] the wrangler file, if not the folder's own
 */
export async function putSecrets(folder, values, { file, env = process.env } = {}) {
  const config = file ? ["-c", file] : [];
  const child = spawn(process.execPath, [wranglerProgram(folder), "secret", "bulk", ...config], {
    cwd: folder,
    env: { ...env, ...DISCREET },
    stdio: ["pipe", process.stderr, process.stderr],
  });
  // wrangler may end before it has read them: its exit code tells.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(values));
  const [status] = await once(child, "close");
  if (status === 0) return;
  const names = Object.keys(values).join(", ");
  throw new Failure("secrets_not_set", `wrangler did not set ${names}: it says why above.`);
}
