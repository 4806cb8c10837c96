// Deliveries with each word of a provider's page, and what the words mean: of its words.json, whose form tests/package/words.test.js
// describes.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROVIDERS, samples } from "../../scripts/lib/catalogue.js";

export const BETWEEN = " + ";

const fileOf = (name) => join(PROVIDERS, name, "words.json");

/** Returns the groups of a provider's words.json; `undefined` if it has none. */
export const groupsOf = (name) =>
  existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), "utf8")) : undefined;

/** Returns the deliveries of a group, each with its word and what that means. */
export const deliveriesOf = (sample, { at, words, ...rest }) =>
  Object.entries(words).map(([word, means]) => ({
    ...{ word, means },
    delivery: changed(sample, places(at, word), rest),
  }));

/** Returns the deliveries of a provider's folder, and those with each word of its words.json. */
export async function allDeliveries(name) {
  const { deliveries } = await samples(name);
  const groups = groupsOf(name) ?? [];
  const worded = groups.flatMap((group) =>
    deliveriesOf(
      deliveries.find((one) => one.name === group.delivery),
      group,
    ),
  );
  const own = deliveries.map(({ url, headers, body, now }) => ({ url, headers, body, now }));
  return [...worded.map(({ delivery }) => delivery), ...own];
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
export function meaning(made) {
  const event = [made].flat()[0];
  if (event === null) return "ignored";
  const { now, final, reason, documented } = event.data.status ?? { now: event.data.reason.text };
  return `${now}${final ? "*" : ""}${reason ? ` (${reason})` : ""}${documented ? "" : "?"}`;
}
