// Every word of a provider's page means what its words.json says, which was written from that page.
//
// words.json is a list of groups. Each takes a delivery of the folder, sets what is in `with`, leaves out what is in `without`, and
// then puts each word of `words` in its place, `at`: a JSON Pointer, or `header:<name>`. A pair of words, as `"a + b"`, goes to a
// list of two places. A meaning is a status, with `*` if it is final and with its reason in brackets; or `ignored`.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { normalize } from "../../pkg/node.js";
import { catalogue, samples } from "../../scripts/lib/catalogue.js";
import { BETWEEN, deliveriesOf, groupsOf, meaning } from "../support/words.js";

for (const { name, definition } of catalogue().filter(({ name }) => groupsOf(name))) {
  const groups = groupsOf(name);

  describe(name, async () => {
    const { deliveries } = await samples(name);
    for (const group of groups) {
      test(`${group.at} of ${group.delivery}`, () => {
        const sample = deliveries.find((one) => one.name === group.delivery);
        const said = deliveriesOf(sample, group).map(({ word, delivery }) => [
          word,
          meaning(normalize({ provider: name, ...delivery })),
        ]);
        assert.deepEqual(Object.fromEntries(said), group.words);
      });
    }

    test("every word of the definition is there", () => {
      const tested = groups.flatMap(({ words }) => Object.keys(words));
      assert.deepEqual(missing(definition, tested), []);
    });
  });
}

/** Returns the words of a definition that none of the tested words is. */
function missing({ status }, tested) {
  const lookUps = [status].flat().filter(({ words }) => typeof words === "object");
  return lookUps.flatMap(({ word, words }) => {
    // A list of candidates has a method of this name.
    const between = Array.isArray(word) ? BETWEEN : (word.with ?? "");
    const known = tested.map((text) => letters(text.replaceAll(BETWEEN, between)));
    const isPart = [word].flat().some(({ of }) => of !== undefined);
    const { next: _, ...meant } = words;
    return Object.values(meant)
      .flat()
      .filter((text) => !known.some((one) => isLike(one, text, isPart)));
  });
}

/** Whether a tested word is one of the definition's: itself, one with its beginning, or one that it is a part of. */
function isLike(known, text, isPart) {
  const word = letters(text.replace(/\*$/, ""));
  if (isPart) return known.includes(word);
  return text.endsWith("*") ? known.startsWith(word) : known === word;
}

/** Returns a text without what does not count in a word. */
const letters = (text) =>
  text
    .normalize("NFD")
    .replaceAll(/[\p{M}\s_-]/gu, "")
    .toLowerCase()
    .replaceAll("ll", "l");
