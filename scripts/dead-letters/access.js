// How an account's queues are reached: those of `npm start` on this machine, or those at Cloudflare.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../pkg/cli/failure.js";
import { environment, inRoot, node22, root } from "../setup.js";
import { accounts } from "./api.js";

export const LOCAL_ACCOUNT = "local";
/** Where the one that `npm start` runs says how it is reached. */
export const ADDRESS_FILE = "api.json";

const CLOUDFLARE = "https://api.cloudflare.com/client/v4";

/** The folder of the local dead letters; `persistTo` is where wrangler keeps its state, if not in its own place. */
export const localFolder = (persistTo) =>
  join(persistTo ?? inRoot(".wrangler/state"), "dead-letters");

const NOT_RUNNING =
  "Is the Worker running? npm start runs it here; --remote is for what is deployed.";
const ELSEWHERE = "If npm start has --persist-to, give it here, too.";

/** The account of `npm start`. */
export function localAccess(persistTo) {
  const file = join(localFolder(persistTo), ADDRESS_FILE);
  if (!existsSync(file))
    throw new Failure("unreachable", `There is no ${file}. ${NOT_RUNNING}\n${ELSEWHERE}`);
  const { base, token } = JSON.parse(readFileSync(file, "utf8"));
  const advice = {
    unreachable: NOT_RUNNING,
    noQueue: () => "Restart npm start, since wrangler.toml names another one now.",
  };
  return { base, account: LOCAL_ACCOUNT, headers: { authorization: `Bearer ${token}` }, advice };
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

/** The account at Cloudflare: of CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or whoever is logged in with wrangler. */
export async function remoteAccess(toml, env = process.env) {
  const base = env.CLOUDFLARE_API_BASE_URL ?? CLOUDFLARE;
  const access = { base, headers: proof(env), advice: REMOTE_ADVICE };
  return {
    ...access,
    account: env.CLOUDFLARE_ACCOUNT_ID ?? toml.account_id ?? (await onlyAccount(access)),
  };
}

function proof(env) {
  const { type, token, key, email } = env.CLOUDFLARE_API_TOKEN
    ? { token: env.CLOUDFLARE_API_TOKEN }
    : wranglers(env);
  if (type === "api_key") return { "x-auth-key": key, "x-auth-email": email };
  return { authorization: `Bearer ${token}` };
}

/** What wrangler logs in with. */
function wranglers(env) {
  const wrangler = inRoot("node_modules/wrangler/bin/wrangler.js");
  const quiet = { WRANGLER_SEND_METRICS: "false", WRANGLER_SEND_ERROR_REPORTS: "false" };
  const { status, stdout } = spawnSync(node22(), [wrangler, "auth", "token", "--json"], {
    cwd: root,
    env: environment({ ...env, ...quiet }),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
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
