// Access to an account's queues: those on this machine, or those at Cloudflare.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "../failure.js";
import { wranglerProgram } from "../project.js";
import { accounts } from "./api.js";

export const LOCAL_ACCOUNT = "local";
/** The file in which the keeper writes its address and token. */
export const ADDRESS_FILE = "api.json";

const CLOUDFLARE = "https://api.cloudflare.com/client/v4";

/** Returns the folder of the local dead letters; `persistTo` is where wrangler keeps its state, if not in its own place. */
export const localFolder = (folder, persistTo = ".wrangler/state") =>
  resolve(folder, persistTo, "dead-letters");

/** Returns the command that keeps the local dead letters. */
export const KEEPER = "orderhook dead-letters keep";

const NOT_RUNNING =
  "Are the dead letters kept? npx orderhook dead-letters keep does it, beside npx wrangler dev; --remote is for what is deployed.";

/** Returns the access to the queues that the keeper answers for. */
export function localAccess(folder, persistTo) {
  const file = join(localFolder(folder, persistTo), ADDRESS_FILE);
  if (!existsSync(file)) {
    const elsewhere = `If ${KEEPER} has --persist-to, give it here, too.`;
    throw new Failure("unreachable", `There is no ${file}. ${NOT_RUNNING}\n${elsewhere}`);
  }
  const { base, token } = JSON.parse(readFileSync(file, "utf8"));
  const noQueue = () => `Restart ${KEEPER}, since wrangler.toml names another one now.`;
  const headers = { authorization: `Bearer ${token}` };
  return { base, account: LOCAL_ACCOUNT, headers, advice: { unreachable: NOT_RUNNING, noQueue } };
}

const PERMISSION = "It needs the permission Queues: Edit";

const REMOTE_ADVICE = {
  unreachable: "Look whether this machine is online, and try again.",
  not_permitted: `${PERMISSION}: see whether the token has it for the account, or log in again with npx wrangler login.`,
  not_found: "CLOUDFLARE_ACCOUNT_ID, or account_id in wrangler.toml, may be another account's.",
  too_many_requests: "Wait five minutes, and try again.",
  api_failed: "Try again later; www.cloudflarestatus.com says whether something is wrong there.",
  noQueue: (name) =>
    `npx wrangler queues list shows them, npx wrangler queues create ${name} makes it.`,
};

/** Returns the access to the account of CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or of the user that wrangler logged in. */
export async function remoteAccess(folder, config, env = process.env) {
  const base = env.CLOUDFLARE_API_BASE_URL ?? CLOUDFLARE;
  const access = { base, headers: proof(folder, env), advice: REMOTE_ADVICE };
  return {
    ...access,
    account: env.CLOUDFLARE_ACCOUNT_ID ?? config.account_id ?? (await onlyAccount(access)),
  };
}

function proof(folder, env) {
  const { type, token, key, email } = env.CLOUDFLARE_API_TOKEN
    ? { token: env.CLOUDFLARE_API_TOKEN }
    : wranglersLogin(folder, env);
  if (type === "api_key") return { "x-auth-key": key, "x-auth-email": email };
  return { authorization: `Bearer ${token}` };
}

function wranglersLogin(folder, env) {
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
  const token = `set CLOUDFLARE_API_TOKEN to an API token. ${PERMISSION}.`;
  throw new Failure(
    "not_permitted",
    `Nobody is logged in at Cloudflare here. npx wrangler login does it; or ${token}`,
  );
}

async function onlyAccount(access) {
  const all = await accounts(access);
  if (all.length === 1) return all[0].id;
  const which = all.map(({ id, name }) => `\n  ${id}  ${name}`).join("");
  throw new Failure(
    "wrong_usage",
    `Which account? Set CLOUDFLARE_ACCOUNT_ID; npx wrangler whoami shows it.${which}`,
  );
}
