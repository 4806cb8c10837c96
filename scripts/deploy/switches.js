// Settings that are for a developer's machine alone. A deployment with one of them is refused.
import { fileOf } from "./workers.js";

/** How the names of the variables begin that a Worker has for local development, as `LOCAL_ENDPOINTS`. */
const SWITCH = /^(?:LOCAL|DEV)_/;

/** Addresses of this machine or of its network. No deployed Worker has a reason to know one. */
const LOCAL =
  /\b(?:localhost|127(?:\.\d{1,3}){3}|10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|0\.0\.0\.0)\b|\[::1\]/i;

/** Returns what a Worker has that is for local development alone, one text each. */
export function switchesIn({ role, config }) {
  const found = Object.entries(config.vars ?? {}).flatMap(([name, value]) => {
    if (SWITCH.test(name)) return [`The variable ${name} of the ${role}`];
    return LOCAL.test(JSON.stringify(value))
      ? [
          `The variable ${name} of the ${role}, which has an address of a machine or network of yours,`,
        ]
      : [];
  });
  if (config.access?.dev !== undefined) found.push(`[access.dev] of the ${role}`);
  return found.map(
    (what) => `${what} is for local development. Take it out, or keep it in .dev.vars.`,
  );
}

/**
 * Returns the switches among the secrets of a deployed Worker, one text each.
 *
 * @param {{ name: string, folder: string }} worker
 * @param {{ secrets: string[] }} [deployed]
 */
export const switchesAmong = (worker, { secrets } = { secrets: [] }) =>
  secrets
    .filter((name) => SWITCH.test(name))
    .map(
      (name) =>
        `${worker.name} has the secret ${name}, which is for local development. ` +
        `npx wrangler secret delete ${name} -c ${fileOf(worker)} removes it.`,
    );
