// The definitions of the providers that the sources may name.
import { Stop } from "../lib/command.js";

/**
 * Returns the definitions of the providers in `providers/`, and of those that a variable declares, by name.
 *
 * @param {any[]} workers
 * @returns {Promise<Map<string, any>>}
 */
export async function definitionsFor([receiver]) {
  // It needs a package, which the set-up installs.
  const { definitions } = await import("../lib/catalogue.js");
  const all = definitions();
  for (const [name, value] of Object.entries(receiver.config.vars ?? {})) {
    if (!name.startsWith("PROVIDER_")) continue;
    const provider = name.slice("PROVIDER_".length).toLowerCase().replaceAll("_", "-");
    all.set(provider, typeof value === "string" ? parsed(name, value) : value);
  }
  return all;
}

function parsed(name, text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Stop(
      `Nothing was changed.\nThe variable ${name} is not JSON. npx orderhook check says more of a definition.`,
    );
  }
}
