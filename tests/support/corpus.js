// The shared corpus: what tests/oracles/make.js wrote for each provider.
import { existsSync, readdirSync, readFileSync } from "node:fs";

const PROVIDERS = new URL("../../providers/", import.meta.url);

/** The text of a provider's corpus. */
export const corpusOf = (provider) =>
  readFileSync(new URL(`${provider}/corpus.json`, PROVIDERS), "utf8");

/** The names of the providers that have an oracle. */
export const providers = readdirSync(PROVIDERS, { withFileTypes: true })
  .filter(({ name }) => existsSync(new URL(`${name}/corpus.json`, PROVIDERS)))
  .map(({ name }) => name)
  .sort();

/** The cases of all providers. */
export const corpus = providers.flatMap((provider) => JSON.parse(corpusOf(provider)));
