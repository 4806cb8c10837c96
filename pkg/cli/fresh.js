// Sample deliveries with ids and times of their own: a receiver would take the sample itself for a copy.
import { randomInt, randomUUID } from "node:crypto";

/**
 * Returns a sample's `headers`, `query` and `body`, with other ids, and with its times as if it had been received `now`. `own` has the
 * order's id and its parcel's tracking number, where these are given: then the sample is about them.
 *
 * @param {any} sample
 * @param {number} [now]
 * @param {{ order?: string, parcel?: string }} [own]
 */
export function fresh(sample, now = Date.now(), own = {}) {
  const { ids, at, headers, query, body } = sample;
  const others = new Map(ids.map((id) => [id, freshId(id)]));
  for (const name of ["order", "parcel"])
    if (own[name] !== undefined && sample[name] !== undefined) others.set(sample[name], own[name]);
  const change = (text) => moved(replaced(text, others), at, now);
  const changed = (fields) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value)]));
  return { headers: changed(headers), query: changed(query), body: change(body) };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Returns another id of the same form. */
export function freshId(id) {
  if (id.search(UUID) >= 0) return id.replace(UUID, () => randomUUID());
  const number = String(randomInt(1e8, 1e9));
  return /\d/.test(id) ? id.replace(/\d+(?=\D*$)/, number) : `${id}-${number}`;
}

/** Replaces these texts where they stand by themselves; a longer one goes before its part. */
function replaced(text, others) {
  if (others.size === 0) return text;
  const longestFirst = [...others.keys()].sort((a, b) => b.length - a.length);
  const any = longestFirst.map((id) => id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  return text.replace(new RegExp(`(?<![A-Za-z0-9])(?:${any})(?![A-Za-z0-9])`, "g"), (id) =>
    others.get(id),
  );
}

const WRITTEN = /\b(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:?\d\d)?(?!\d)/g;
const UNIX = /(?<![\d.])\d{10}(?:\d{3})?(?![\d.])/g;
/** A number that is further than this from the sample's receipt is not a time. */
const NEAR_MS = 30 * 86_400_000;

/** Moves every moment in a text by the time between `at` and `now`. */
function moved(text, at, now) {
  return text
    .replace(WRITTEN, (...match) => movedText(match, now - at))
    .replace(UNIX, (digits) => {
      const unit = digits.length === 10 ? 1000 : 1;
      const isTime = Math.abs(Number(digits) * unit - at) < NEAR_MS;
      return isTime ? String(Number(digits) + Math.round((now - at) / unit)) : digits;
    });
}

/**
 * Moves the moment of a match. One without a zone moves as if it were one of UTC.
 *
 * @param {any[]} match
 * @param {number} by
 */
function movedText([whole, day, separator, time, fraction = "", zone = ""], by) {
  const seconds = time.length === 5 ? ":00" : "";
  const local = Date.parse(`${day}T${time}${seconds}${fraction.slice(0, 4)}Z`);
  if (Number.isNaN(local)) return whole;
  const text = new Date(local + by).toISOString();
  const digits = text
    .slice(20, 23)
    .padEnd(fraction.length - 1, "0")
    .slice(0, fraction.length - 1);
  return `${text.slice(0, 10)}${separator}${text.slice(11, 11 + time.length)}${fraction && `.${digits}`}${zone}`;
}
