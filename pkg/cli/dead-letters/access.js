// Access to an account's queues: those on this machine, or those at Cloudflare.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { atCloudflare } from "../cloudflare/login.js";
import { Failure } from "../failure.js";

export const LOCAL_ACCOUNT = "local";
/** The file in which the keeper writes its address and token. */
export const ADDRESS_FILE = "api.json";

/** Returns the folder of the local dead letters; `persistTo` is where wrangler keeps its state, if not in its own place. */
export const localFolder = (folder, persistTo = ".wrangler/state") =>
  resolve(folder, persistTo, "dead-letters");

/** Returns the command that keeps the local dead letters. */
export const KEEPER = "orderhook dead-letters keep";

const NOT_RUNNING =
  "npx orderhook dead-letters keep, beside npx wrangler dev, keeps dead letters here; --remote is for what is deployed.";

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

const REMOTE_ADVICE = {
  not_found: "CLOUDFLARE_ACCOUNT_ID, or account_id in wrangler.toml, may be another account's.",
  noQueue: (name) =>
    `npx wrangler queues list shows them, npx wrangler queues create ${name} makes it.`,
};

/** Returns the access to the account of CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or of the user that wrangler logged in. */
export const remoteAccess = (folder, config) =>
  atCloudflare(folder, config, { permission: "Queues: Edit", advice: REMOTE_ADVICE });
