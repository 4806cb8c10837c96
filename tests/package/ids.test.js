// Every place that an event's id is made of shows in a delivery whose event is written in `providers/`: without the place, its id would
// be another one. Where the body is signed, and the id is made of places, those that decide the status are among them.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { normalize } from "../../pkg/node.js";
import { PROVIDERS, catalogue, samples } from "../../scripts/lib/catalogue.js";
import { corpusOf, providers as withCorpus } from "../support/corpus.js";
import { deliveriesOf, groupsOf, meaning } from "../support/words.js";

const NOW = 1_796_000_000_000;

/** Returns what an id is without one of its places or parts, each with the place. */
function without(id) {
  if (Array.isArray(id)) return withoutOne(id, (rest) => (rest.length === 1 ? rest[0] : rest));
  if (id?.join) return withoutOne(id.join, (rest) => ({ ...id, join: rest }));
  if (Array.isArray(id?.header)) return withoutOne(id.header, (rest) => ({ ...id, header: rest }));
  return [];
}

function withoutOne(list, made) {
  return list.flatMap((one, at) => [
    { place: JSON.stringify(one), id: made(list.toSpliced(at, 1)) },
    ...without(one).map(({ place, id }) => ({ place, id: made(list.with(at, id)) })),
  ]);
}

/** Returns the deliveries of a provider whose ids are written down. */
async function written(name) {
  const { deliveries } = await samples(name);
  const corpus = withCorpus.includes(name) ? JSON.parse(corpusOf(name)) : [];
  const file = join(PROVIDERS, name, "cases.json");
  const { cases } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { cases: [] };
  const hasId = ({ events }) => Array.isArray(events) && events.some((event) => "id" in event);
  return [
    ...deliveries.filter(({ event }) => event !== null),
    ...corpus.filter(({ expect, body }) => expect.event !== undefined && body !== undefined),
    ...cases.filter(hasId).map(({ body, body_text: text = JSON.stringify(body), ...rest }) => ({
      ...rest,
      body: text,
    })),
  ];
}

/** Returns the ids of deliveries' events; `undefined` if a definition may not have such an id. */
function idsOf(definition, deliveries) {
  const provider = { ...definition, name: "acme" };
  try {
    return deliveries.map(({ headers = [], url = "", body }) => {
      const read = normalize({ provider, headers, url, body, utcOffset: "+00:00", now: NOW });
      return [read ?? []].flat().map(({ id }) => id);
    });
  } catch (error) {
    if (error.code !== "invalid_definition") throw error;
  }
}

for (const { name, definition } of catalogue()) {
  const { event } = definition;
  const variants = without(event?.id);
  if (variants.length === 0) continue;

  describe(name, async () => {
    const deliveries = await written(name);
    for (const { place, id } of variants)
      test(`the id has ${place}`, () => {
        const ids = idsOf({ ...definition, event: { ...event, id } }, deliveries);
        assert.notDeepEqual(ids, idsOf(definition, deliveries), "add a delivery to cases.json");
      });
  });
}

const SIGNED = ["hmac", "digest", "public-key"];

/** Whether a provider signs, makes no ids, and prescribes no key on its page. */
const hasOurIds = ({ scheme, event }) =>
  SIGNED.includes([scheme].flat()[0].type) && event?.id?.join && !event.id.prescribed;

/** Returns the id that an event has where its body is signed: the body's hash does not follow. */
const signedId = ({ id }) => id.replace(/:[0-9a-f]{64}$/, "");

/** Returns what a provider's words mean, by the ids of the events. */
async function meaningsById(name) {
  const { deliveries } = await samples(name);
  const found = new Map();
  for (const group of groupsOf(name)) {
    const sample = deliveries.find((one) => one.name === group.delivery);
    for (const { delivery } of deliveriesOf(sample, group)) {
      const event = [normalize({ provider: name, ...delivery })].flat()[0];
      if (event === null) continue;
      const id = signedId(event);
      found.set(id, (found.get(id) ?? new Set()).add(meaning(event)));
    }
  }
  return found;
}

for (const { name } of catalogue().filter(({ definition }) => hasOurIds(definition)))
  test(`${name}: deliveries with other statuses have other ids`, async () => {
    const shared = [...(await meaningsById(name))].filter(([, meanings]) => meanings.size > 1);
    assert.deepEqual(shared, []);
  });
