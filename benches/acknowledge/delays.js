// The assumed delays of the edge. Each delivery has its own, drawn before it is sent and written into the name of its order, which the
// stand-ins for KV and the queue read: so a delivery waits equally long at every contestant.

/** How often the longest delay of a hundred is the median. */
export const TAIL = 4;
const OF_A_HUNDRED = 2.3263; // The standard deviations that 99 of 100 stay below.
const SPREAD = Math.log(TAIL) / OF_A_HUNDRED;

/** By name: the order of the delays in a delivery's name. */
export const KINDS = ["kvRead", "kvWrite", "queue"];

/** Returns a function that draws the delays of a delivery around `medians`: log-normal, which has a long tail. */
export function delaysFrom(seed) {
  const random = randomFrom(seed);
  // By Box and Muller.
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return (medians) =>
    Object.fromEntries(
      KINDS.map((kind) => [kind, Math.round(medians[kind] * Math.exp(SPREAD * normal()))]),
    );
}

/** Returns numbers from 0 to 1, the same each time for a seed (mulberry32). */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let hash = Math.imul(state ^ (state >>> 15), state | 1);
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
  };
}

let made = 0;

/** Names an order that no other delivery is of; with `elsewhere` one whose event KV has from the beginning. */
export const orderWith = ({ kvRead, kvWrite, queue }, elsewhere = false) =>
  `${String(++made).padStart(9, "0")}-r${kvRead}w${kvWrite}q${queue}${elsewhere ? "k" : ""}`;
