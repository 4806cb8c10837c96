// The prepared accounts, so that the same settings are prepared once. The key is a digest of their settings: no secret is kept
// here.
import { PreparedAccount } from "./account.js";
import { call } from "./core.js";
import { fingerprint } from "../dist/orderhook.js";
import { encoded } from "./settings.js";

const MAX_RECENT = 32;

/** The accounts that were prepared last. They are kept even if they are not in use. */
const recent = new Map();

/** Weak references to all accounts in use. Older Workers lack weak references, and share only the last accounts. */
const used = globalThis.WeakRef && globalThis.FinalizationRegistry ? new Map() : undefined;
const dropped =
  used && new FinalizationRegistry((key) => used.get(key)?.deref() ?? used.delete(key));

/** Returns the account of these settings, to be kept. Throws if there are too many. */
export function sharedAccount(settings) {
  const key = keyOf(settings);
  return known(key) ?? keep(key, new PreparedAccount(settings, true));
}

/** Runs `work` with the account of these settings. Frees it afterwards if too many are in memory to keep another. */
export function withAccount(settings, work) {
  const key = keyOf(settings);
  const account = known(key) ?? keepIfPossible(key, settings);
  if (account !== undefined) return work(account);
  const brief = new PreparedAccount(settings, false);
  try {
    return work(brief);
  } finally {
    brief.free();
  }
}

const keyOf = (settings) => call(() => fingerprint(encoded(settings)));

const known = (key) => recent.get(key) ?? used?.get(key)?.deref();

function keep(key, account) {
  if (recent.size === MAX_RECENT) recent.delete(recent.keys().next().value);
  recent.set(key, account);
  used?.set(key, new WeakRef(account));
  dropped?.register(account, key);
  return account;
}

function keepIfPossible(key, settings) {
  try {
    return keep(key, new PreparedAccount(settings, true));
  } catch (error) {
    if (error.code === "too_many_verifiers") return undefined;
    throw error;
  }
}
