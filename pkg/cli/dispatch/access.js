// Where dispatch is, and the token for it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure, wrongUsage } from "../failure.js";
import { LOCAL_SECRETS, isClone, localSecrets } from "../project.js";

/** The address that `npm start` gives dispatch. */
const LOCAL = "http://127.0.0.1:8788";
const ADDRESS_VARIABLE = "ORDERHOOK_DISPATCH";
const TOKEN_VARIABLE = "ORDERHOOK_DISPATCH_TOKEN";
/** The variable of dispatch's own that has its tokens. */
const OWN_VARIABLE = "DISPATCH_TOKEN";
/** The folder of dispatch in a clone. */
const IN_CLONE = "src/dispatch";

/**
 * Returns the access to dispatch: its `origin`, the `token`, `tokenFrom`, which names the place of the token, and `unreachable`, the
 * advice if there is no answer.
 *
 * @param {{ dispatch?: string }} values
 */
export function accessOf({ dispatch }, folder = process.cwd(), env = process.env) {
  const typed = dispatch ?? (env[ADDRESS_VARIABLE] || undefined);
  const origin = originOf(typed ?? LOCAL, dispatch === undefined ? ADDRESS_VARIABLE : "--dispatch");
  const found = tokenFor(origin, folder, env);
  if (!found) throw new Failure("token_missing", withoutToken(origin, folder));
  const start = isClone(folder) ? "npm start runs it here" : "npm start runs it in its clone";
  const unreachable = isLocal(origin)
    ? `Is dispatch running? ${start}; --dispatch, or ${ADDRESS_VARIABLE}, names another address.`
    : "Check that this machine is online, and that the address is right.";
  return { origin, ...found, unreachable };
}

function originOf(text, from) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isAddress =
    url && /^https?:$/.test(url.protocol) && url.pathname === "/" && !url.search && !url.username;
  if (!isAddress)
    throw wrongUsage(
      `${from} takes an address without a path, as https://orderhook-dispatch.example.workers.dev.`,
    );
  // Over http, anyone on the network path could read the token.
  if (url.protocol === "http:" && !isLocal(url.origin))
    throw wrongUsage(`${from} takes an address with https: http is for this machine alone.`);
  return url.origin;
}

/** Returns whether an address is one of this machine. */
const isLocal = (origin) => ["localhost", "127.0.0.1", "[::1]"].includes(new URL(origin).hostname);

function tokenFor(origin, folder, env) {
  if (env[TOKEN_VARIABLE]) return { token: env[TOKEN_VARIABLE], tokenFrom: TOKEN_VARIABLE };
  // The local secrets are those of the Workers of this machine.
  if (!isLocal(origin)) return undefined;
  for (const place of [folder, join(folder, IN_CLONE)]) {
    if (!existsSync(join(place, LOCAL_SECRETS))) continue;
    const [token] = (localSecrets(place).get(OWN_VARIABLE) ?? "").split(/[\s,]+/).filter(Boolean);
    if (token) return { token, tokenFrom: `${OWN_VARIABLE} in ${LOCAL_SECRETS}` };
  }
  return undefined;
}

function withoutToken(origin, folder) {
  const set = `Set ${TOKEN_VARIABLE} to a token of ${origin}`;
  if (!isLocal(origin)) return `There is no token. ${set}.`;
  const made = isClone(folder) ? `: npm start makes one in ${LOCAL_SECRETS}` : "";
  return `There is no token: ${OWN_VARIABLE} is not in ${LOCAL_SECRETS} here. ${set}${made}.`;
}
