// Providers' words and their statuses. A table has one line a word: the word, the status, and whether the status is final.

const PHASES = {
  open: [
    "created",
    "pending",
    "confirmed",
    "assigned",
    "processing",
    "picked",
    "preparing",
    "packed",
    "info_received",
  ],
  moving: ["shipped", "in_transit", "out_for_delivery", "ready_for_pickup"],
  problem: [
    "attempt_failed",
    "postponed",
    "on_hold",
    "exception",
    "expired",
    "cancellation_pending",
  ],
  returning: ["returning", "returned", "return_received"],
  closed: [
    "delivered",
    "cancelled",
    "declined",
    "rejected",
    "failed",
    "refunded",
    "returned_to_stock",
  ],
  other: ["test", "unknown"],
};

const phase = (status) => Object.keys(PHASES).find((name) => PHASES[name].includes(status));

const UNKNOWN = { now: "unknown", phase: "other", final: false, documented: false };

/** Looks a word up: as it is in the table, or else without case, blanks and the second `l` of "cancelled". */
export function words(table) {
  const known = new Map();
  for (const [word, now, final = false] of table) {
    const meaning = { now, phase: phase(now), final, documented: true };
    for (const key of [word, letters(word)]) if (!known.has(key)) known.set(key, meaning);
  }
  return (word) =>
    (word === null ? undefined : (known.get(word) ?? known.get(letters(word)))) ?? UNKNOWN;
}

const letters = (word) =>
  word
    .replace(/[ _-]/g, "")
    .replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase())
    .replace(/l+/g, "l");
