// Writes corpus.json anew, the same bytes each time: `node tests/vectors/make.js`.
//
// It signs with node:crypto and says by hand what each delivery means. It is an implementation of its own, and never asks ours:
// where the two disagree, one of them is wrong.
import { writeFileSync } from "node:fs";

import { gooten } from "./cases/gooten.js";
import { standardWebhooks } from "./cases/standard_webhooks.js";
import { up42 } from "./cases/up42.js";
import { wakilni } from "./cases/wakilni.js";
import { wegocod } from "./cases/wegocod.js";

const corpus = [...wakilni(), ...wegocod(), ...up42(), ...gooten(), ...standardWebhooks()];

const names = new Set();
for (const { name } of corpus) {
  if (names.has(name)) throw new Error(`two cases have the name "${name}"`);
  names.add(name);
}

writeFileSync(new URL("corpus.json", import.meta.url), `${JSON.stringify(corpus, null, 1)}\n`);
console.log(`tests/vectors/corpus.json: ${corpus.length} cases`);
