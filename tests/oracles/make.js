// Writes providers/<name>/corpus.json anew, the same bytes each time: `node tests/oracles/make.js`.
//
// Each oracle signs with node:crypto and says by hand what each delivery means. It is an implementation of its own, and never asks
// ours: where the two disagree, one of them is wrong.
import { mkdirSync, writeFileSync } from "node:fs";
import { main, say } from "../../scripts/lib/command.js";

import { gooten } from "./gooten.js";
import { standardWebhooks } from "./standard_webhooks.js";
import { up42 } from "./up42.js";
import { wakilni } from "./wakilni.js";
import { wegocod } from "./wegocod.js";

const ORACLES = { wakilni, wegocod, up42, gooten, "standard-webhooks": standardWebhooks };

const PROVIDERS = new URL("../../providers/", import.meta.url);

/** Returns each provider's cases, as [its name, the cases]. */
export function corpora() {
  const names = new Set();
  return Object.entries(ORACLES).map(([provider, oracle]) => {
    const cases = oracle();
    for (const one of cases) {
      if (one.provider !== provider) throw new Error(`"${one.name}" is not of ${provider}`);
      if (names.has(one.name)) throw new Error(`two cases have the name "${one.name}"`);
      names.add(one.name);
    }
    return [provider, cases];
  });
}

/** Returns what the file of these cases holds. */
export const written = (cases) => `${JSON.stringify(cases, null, 1)}\n`;

await main(import.meta.url, () => {
  for (const [provider, cases] of corpora()) {
    mkdirSync(new URL(provider, PROVIDERS), { recursive: true });
    writeFileSync(new URL(`${provider}/corpus.json`, PROVIDERS), written(cases));
    say(`providers/${provider}/corpus.json: ${cases.length} cases`);
  }
});
