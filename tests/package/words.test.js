// Every word of a provider's page means what its words.json says, which was written from that page.
//
// words.json is a list of groups. Each takes a delivery of the folder, sets what is in `with`, leaves out what is in `without`, and
// then puts each word of `words` in its place, `at`: a JSON Pointer, or `header:<name>`. A pair of words, as `"a + b"`, goes to a
// list of two places. A meaning is a status, with `*` if it is final and with its reason in brackets; or `ignored`.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { normalize } from "../../pkg/node.js";
import { PROVIDERS, catalogue, samples } from "../../scripts/lib/catalogue.js";

const BETWEEN = " + ";
const fileOf = (name) => join(PROVIDERS, name, "words.json");

for (const { name, definition } of catalogue().filter(({ name }) => existsSync(fileOf(name)))) {
  const groups = JSON.parse(readFileSync(fileOf(name), "utf8"));

  describe(name, async () => {
    const { deliveries } = await samples(name);
    for (const { delivery, at, words, ...rest } of groups) {
      test(`${at} of ${delivery}`, () => {
        const sample = deliveries.find((one) => one.name === delivery);
        const said = Object.keys(words).map((word) => [
          word,
          meaning(normalize({ provider: name, ...changed(sample, places(at, word), rest) })),
        ]);
        assert.deepEqual(Object.fromEntries(said), words);
      });
    }

    test("every word of the definition is there", () => {
      const tested = groups.flatMap(({ words }) => Object.keys(words));
      assert.deepEqual(missing(definition, tested), []);
    });
  });
}

/** Returns the words, by the places where they are put. */
function places(at, word) {
  const all = [at].flat();
  const parts = all.length > 1 ? word.split(BETWEEN) : [word];
  return Object.fromEntries(all.map((place, index) => [place, parts[index]]));
}

/** Returns the delivery with other values. */
function changed({ url, headers, body, now }, words, { with: set = {}, without = [] }) {
  const object = JSON.parse(body);
  for (const place of without) put(object, place, undefined);
  const values = Object.entries({ ...set, ...words });
  for (const [place, value] of values) if (place.startsWith("/")) put(object, place, value);
  const named = values.filter(([place]) => !place.startsWith("/"));
  const other = named.map(([place, value]) => [place.replace("header:", ""), value]);
  const kept = headers.filter(([header]) => other.every(([one]) => one !== header.toLowerCase()));
  return { url, now, headers: [...kept, ...other], body: JSON.stringify(object) };
}

/** Puts a value at a JSON Pointer, or removes what is there. */
function put(object, pointer, value) {
  const keys = pointer.split("/").slice(1);
  const last = keys.pop();
  let inner = object;
  for (const key of keys) {
    inner[key] ??= {};
    inner = inner[key];
  }
  if (value === undefined) delete inner[last];
  else inner[last] = value;
}

/** Returns what an event says, as words.json writes it. */
function meaning(made) {
  const event = [made].flat()[0];
  if (event === null) return "ignored";
  const { now, final, reason, documented } = event.data.status ?? { now: event.data.reason.text };
  return `${now}${final ? "*" : ""}${reason ? ` (${reason})` : ""}${documented ? "" : "?"}`;
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
