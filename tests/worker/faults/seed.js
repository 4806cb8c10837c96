// Draws depend on the seed and on their purpose, never on the order of events in time: the same seed gives the same
// run.
import { randomInt } from "node:crypto";

export const SEED = process.env.SEED ?? String(randomInt(1_000_000_000));

/** Returns a number from 0 to 1, the same each time for the same parts. */
export function draw(...parts) {
  return hash(`${SEED}/${parts.join("/")}`) / 2 ** 32;
}

/** Returns true with this probability. */
export const happens = (probability, ...parts) => draw(...parts) < probability;

/** Returns one item of a list. */
export const oneOf = (list, ...parts) => list[Math.floor(draw(...parts) * list.length)];

/** Returns a whole number from `least` up to `most`. */
export const whole = (least, most, ...parts) =>
  least + Math.floor(draw(...parts) * (most - least + 1));

/** Hashes with FNV-1a and MurmurHash's last steps. Without these, texts that differ in their ends alone have similar hashes. */
function hash(text) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
