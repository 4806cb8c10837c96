// A change of a provider's table of words turns a test red. Each row of `status.words` loses a word, and changes places with the
// next one; a delivery of the folder, of its corpus, or one with a word of its words.json, must then say something else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WebhookError, normalize } from "../../pkg/node.js";
import { catalogue } from "../../scripts/lib/catalogue.js";
import { corpus } from "../support/corpus.js";
import { allDeliveries, meaning } from "../support/words.js";
import { bodyOf } from "./answers.js";

for (const { name, definition } of catalogue().filter(({ definition }) => hasTable(definition)))
  test(`${name}: a changed table is noticed`, async () => {
    const deliveries = [...(await allDeliveries(name)), ...corpusOf(name)];
    const right = said(definition, deliveries);
    const unnoticed = mutants(definition).filter(
      ({ definition }) => !differs(definition, deliveries, right),
    );
    assert.deepEqual(
      unnoticed.map(({ what }) => what),
      [],
    );
  });

/** Whether a definition has words of its own. */
function hasTable({ status }) {
  return [status].flat().every(({ words }) => typeof words === "object");
}

/** Returns the deliveries of a provider's corpus, if it has one. */
function corpusOf(name) {
  const own = corpus.filter(({ provider }) => provider === name);
  return own.map(({ url, headers, now, ...one }) => ({ url, headers, now, body: bodyOf(one) }));
}

/** Returns what the deliveries say by a definition. */
const said = (definition, deliveries) => deliveries.map((one) => saidOf(definition, one));

const saidOf = (definition, delivery) =>
  [normalize({ provider: { name: "mutant", ...definition }, ...delivery })]
    .flat()
    .map((event) => meaning(event))
    .join(", ");

/** Whether a delivery says something else by a changed definition, or whether this is not valid. */
function differs(definition, deliveries, right) {
  try {
    return deliveries.some((one, at) => saidOf(definition, one) !== right[at]);
  } catch (error) {
    if (error instanceof WebhookError && error.code === "invalid_definition") return true;
    throw error;
  }
}

/** Returns every changed definition, with what was changed. */
const mutants = (definition) =>
  [definition.status].flat().flatMap(({ words }, at) => {
    const rows = Object.keys(words);
    const dropped = rows.flatMap((row) =>
      needed([words[row]].flat()).map((word) => ({
        what: `look-up ${at + 1} without "${word}" in ${row}`,
        definition: withLookUp(definition, at, (lookUp) => without(lookUp, row, word)),
      })),
    );
    const pairs = rows.slice(1).map((row, before) => [rows[before], row]);
    const swapped = pairs.map(([one, other]) => ({
      what: `look-up ${at + 1} with the words of ${one} for ${other}`,
      definition: withLookUp(definition, at, (lookUp) => ({
        ...lookUp,
        words: { ...words, [one]: words[other], [other]: words[one] },
      })),
    }));
    return [...dropped, ...swapped];
  });

/** Returns the words of a row without those that a beginning in the same row has, too. */
function needed(words) {
  const beginnings = words.filter((word) => word.endsWith("*")).map((word) => word.slice(0, -1));
  const isCovered = (word) => beginnings.some((start) => word.startsWith(start));
  return words.filter((word) => word.endsWith("*") || !isCovered(word));
}

/** Returns a definition with one of its look-ups changed. */
function withLookUp(definition, at, change) {
  const lookUps = [definition.status].flat();
  return { ...definition, status: lookUps.map((one, index) => (index === at ? change(one) : one)) };
}

/** Returns a look-up without one of its words, which other keys may name, too. */
function without({ not_final: open, reasons, ...lookUp }, row, word) {
  const others = (texts) => [texts].flat().filter((text) => text !== word);
  const rest = (table) =>
    Object.fromEntries(
      Object.entries(table)
        .map(([key, texts]) => [key, others(texts)])
        .filter(([, texts]) => texts.length > 0),
    );
  const { [row]: own, ...words } = lookUp.words;
  const left = others(own);
  return {
    ...lookUp,
    words: left.length > 0 ? { ...words, [row]: left } : words,
    ...(open && others(open).length > 0 && { not_final: others(open) }),
    ...(reasons && { reasons: rest(reasons) }),
  };
}
