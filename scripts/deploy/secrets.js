// The secrets that the Workers need: which are missing, and where the values come from.
import { parseSecrets } from "../../pkg/cli/project.js";
import { Stop } from "../lib/command.js";
import { sourcesOf } from "../lib/cli.js";
import { API_TOKENS, SEAL_KEY, TOKEN, keyOf, mistakeIn } from "../lib/secret.js";
import { ask } from "../../pkg/cli/ask.js";

/** Secrets that a Worker has beside those of its sources. */
const OWN = [
  {
    ...{ name: "HEALTH_TOKEN", key: TOKEN, roles: ["receiver", "dispatch"] },
    what: "opens the details of /healthz",
  },
  {
    name: "DISPATCH_TOKEN",
    key: API_TOKENS,
    roles: ["dispatch"],
    what: "opens the API of dispatch",
  },
  {
    ...{ name: "DISPATCH_SEAL_KEY", key: SEAL_KEY, roles: ["dispatch"] },
    what: "seals the secrets of endpoints, which are lost without it",
    rotation:
      "Without the key that is set, dispatch cannot read the URLs and secrets of its endpoints. To rotate it, run " +
      "`npx wrangler secret put DISPATCH_SEAL_KEY -c src/dispatch/wrangler.toml`, and paste the new key, a blank and the old key: " +
      "docs/endpoints.md#set-it-up says more.",
  },
];

/**
 * Returns the secrets that these Workers need. Each has its `name`, the `key` that says its form, the `workers` that get it, `what` it
 * is for, `isProviders` if the provider may have made it, and `rotation`, how to rotate it, if a new value must stand beside the old one.
 *
 * @param {{ role: string, name: string, config: any }[]} workers
 * @param {Map<string, object>} definitions by the providers' names
 */
export function wantedSecrets(workers, definitions) {
  const [receiver] = workers;
  const own = OWN.map(({ roles, ...secret }) => ({
    ...secret,
    workers: workers.filter(({ role }) => roles.includes(role)),
  }));
  const all = [...ofSources(receiver, definitions), ...own].filter(
    (secret) => secret.workers.length > 0,
  );
  return [...new Map(all.map((secret) => [secret.name, secret])).values()];
}

function ofSources(receiver, definitions) {
  return sourcesOf(receiver.config).flatMap(
    ({ name: source, provider, scheme, secrets, token }) => {
      const key = keyOf(definitions.get(provider), scheme);
      const workers = [receiver];
      const signing = secrets.map((name) => ({
        ...{ name, workers, key, source, isProviders: true },
        what: `signs the deliveries of ${source}`,
      }));
      const inAddress = {
        ...{ name: token, workers, key: TOKEN, source, isToken: true },
        what: `stands in the address of ${source}`,
      };
      return token === undefined ? signing : [...signing, inAddress];
    },
  );
}

/**
 * Returns the secrets that one of their Workers lacks, or that are to be replaced. `isHeld` is set on one that another Worker has. `present`
 * has the names, by a Worker's name.
 *
 * @param {any[]} wanted
 * @param {Map<string, string[]>} present
 * @param {string[]} [replaced]
 */
export function missingSecrets(wanted, present, replaced = []) {
  const unknown = replaced.find((name) => !wanted.some((secret) => secret.name === name));
  if (unknown) throw new Stop(`--replace ${unknown}: no Worker has such a secret.`);
  const has = (worker, name) => (present.get(worker.name) ?? []).includes(name);
  return wanted.flatMap((secret) => {
    const { name, workers } = secret;
    const holders = workers.filter((worker) => has(worker, name));
    if (replaced.includes(name) && holders.length > 0) refuseLoss(secret);
    if (replaced.includes(name)) return [secret];
    if (holders.length === workers.length) return [];
    return [{ ...secret, isHeld: holders.length > 0 }];
  });
}

/** Throws a Stop if what the secret protects would be lost with its value. */
function refuseLoss({ name, rotation }) {
  if (rotation) throw new Stop(`Nothing was changed. ${name} is not replaced. ${rotation}`);
}

/** Returns the values of a text in the form of .dev.vars, all of which have to be wanted. */
export function givenSecrets(text, wanted) {
  const given = parseSecrets(text);
  const names = wanted.map(({ name }) => name);
  for (const [name, value] of given) {
    const secret = wanted.find((secret) => secret.name === name);
    if (!secret)
      throw new Stop(
        `Standard input has ${name}, which no Worker has. There are ${names.join(", ")}.`,
      );
    const wrong = value === "" ? undefined : mistakeIn(value, secret.key);
    if (wrong) throw new Stop(`${name}, on standard input, cannot be taken: ${wrong}.`);
  }
  return given;
}

/**
 * Returns the missing secrets with their values: those of `given`, those that the user types, and new ones. `isMade` is set on a new
 * one. An empty value asks for a new one.
 *
 * @param {any[]} missing
 * @param {{ given: Map<string, string>, isInteractive: boolean }} options
 */
export async function valuesOf(missing, { given, isInteractive }) {
  const unasked = missing.filter((secret) => isAsked(secret) && !given.has(secret.name));
  if (unasked.length > 0 && !isInteractive) throw new Stop(withoutTerminal(unasked));
  const found = [];
  for (const secret of missing) {
    const { name, key } = secret;
    const value = unasked.includes(secret)
      ? await ask(question(secret), (text) => mistakeIn(text, key))
      : given.get(name);
    if (!value && !key.make)
      throw new Stop(`${name} is ${key.shape} of the provider's: it cannot be made.`);
    found.push(value ? { ...secret, value } : { ...secret, value: key.make(), isMade: true });
  }
  return found;
}

/** Returns whether somebody else may know the value that a secret has to have. */
export const isAsked = ({ isProviders, isHeld }) => Boolean(isProviders || isHeld);

const question = ({ name, what, isHeld, workers }) =>
  isHeld
    ? `${name} ${what}. One of ${workers.map(({ name }) => name).join(" and ")} has it. Paste it (it is not shown), or press Enter to make another for both: `
    : `${name} ${what}. Paste the provider's (it is not shown), or press Enter to make one: `;

function withoutTerminal(secrets) {
  const names = secrets.map(({ name }) => name).join(", ");
  return (
    `These secrets are missing, and this is not a terminal to type them in: ${names}.\n` +
    "Give each to standard input as NAME=value, one a line, with --stdin. NAME= makes a new one."
  );
}
