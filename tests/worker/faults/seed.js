// What is drawn depends on the seed and on what it is drawn for, never on the order in which things happen: the same seed
// gives the same run.
import { randomInt } from "node:crypto";

export const SEED = process.env.SEED ?? String(randomInt(1_000_000_000));

/** A number from 0 to 1, the same each time for the same parts. */
export function draw(...parts) {
  return hash(`${SEED}/${parts.join("/")}`) / 2 ** 32;
}

/** Whether it comes to pass, with this probability. */
export const happens = (probability, ...parts) => draw(...parts) < probability;

/** One of a list. */
export const oneOf = (list, ...parts) => list[Math.floor(draw(...parts) * list.length)];

/** A whole number from `least` up to `most`. */
export const whole = (least, most, ...parts) =>
  least + Math.floor(draw(...parts) * (most - least + 1));

/** FNV-1a, and MurmurHash's last steps, without which texts that differ in their ends alone are alike. */
function hash(text) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
