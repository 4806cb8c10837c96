// The log-in at Cloudflare: the environment's, or wrangler's own.
import { spawnSync } from "node:child_process";
import { Failure, ONLINE } from "../failure.js";
import { wranglerProgram } from "../project.js";
import { accounts } from "./api.js";

const CLOUDFLARE = "https://api.cloudflare.com/client/v4";

/** Returns the advice for failures of the API, by code. `permission` is the one that the requests need. */
const adviceFor = (permission) => ({
  unreachable: ONLINE,
  not_permitted: `${needs(permission)}: see whether the token has it for the account, or log in again with npx wrangler login.`,
  too_many_requests: "Wait five minutes, and try again.",
  api_failed: "Try again later; www.cloudflarestatus.com says whether something is wrong there.",
});

const needs = (permission) => `It needs the permission ${permission}`;

/**
 * Returns the access to the account of CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or of the user that wrangler logged in.
 *
 * @param {string} folder
 * @param {{ account_id?: string }} config
 * @param {{ permission: string, advice?: Record<string, any> }} options
 */
export async function atCloudflare(folder, config, { permission, advice }, env = process.env) {
  const base = env.CLOUDFLARE_API_BASE_URL ?? CLOUDFLARE;
  const headers = proof(folder, env, permission);
  const access = { base, headers, advice: { ...adviceFor(permission), ...advice } };
  return {
    ...access,
    account: env.CLOUDFLARE_ACCOUNT_ID || config.account_id || (await onlyAccount(access)),
  };
}

function proof(folder, env, permission) {
  const { type, token, key, email } = env.CLOUDFLARE_API_TOKEN
    ? { token: env.CLOUDFLARE_API_TOKEN }
    : wranglersLogin(folder, env, permission);
  if (type === "api_key") return { "x-auth-key": key, "x-auth-email": email };
  return { authorization: `Bearer ${token}` };
}

function wranglersLogin(folder, env, permission) {
  const quiet = { WRANGLER_SEND_METRICS: "false", WRANGLER_SEND_ERROR_REPORTS: "false" };
  const { status, stdout } = spawnSync(
    process.execPath,
    [wranglerProgram(folder), "auth", "token", "--json"],
    {
      cwd: folder,
      env: { ...env, ...quiet },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  if (status === 0) return JSON.parse(stdout);
  const token = `set CLOUDFLARE_API_TOKEN to an API token. ${needs(permission)}.`;
  throw new Failure(
    "not_permitted",
    `You are not logged in at Cloudflare. Run npx wrangler login, or ${token}`,
  );
}

async function onlyAccount(access) {
  const all = await accounts(access);
  if (all.length === 1) return all[0].id;
  const which = all.map(({ id, name }) => `\n  ${id}  ${name}`).join("");
  throw new Failure("wrong_usage", `Set CLOUDFLARE_ACCOUNT_ID to one of your accounts:${which}`);
}
