// The corpus of each provider is what its oracle writes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { corpora, written } from "../oracles/make.js";
import { corpusOf, providers } from "../support/corpus.js";

const made = corpora();

test("every corpus has an oracle", () => {
  assert.deepEqual(providers, made.map(([provider]) => provider).sort());
});

for (const [provider, cases] of made)
  test(`providers/${provider}/corpus.json is up to date`, () => {
    const isSame = corpusOf(provider) === written(cases);
    assert.ok(isSame, "run `node tests/oracles/make.js`, and commit what it changes");
  });
