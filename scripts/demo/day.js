// The day of the shop: which deliveries arrive when. A seed makes the same day again, with new ids.
import { forgeries } from "./forgeries.js";
import { STORIES, lifeOf } from "./stories.js";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** How long the day is. It ends now. */
export const DAY_MS = 14 * HOUR_MS;

const COPIES = 8;

/**
 * Returns the `orders` of the day, and its `arrivals` in their order. An order has its `account`,
 * its ids in `own`, and the `samples` of its deliveries; one that a story tells has a `title`. An
 * arrival has the moment that it `arrives` at, and `deliver`, which makes its delivery.
 *
 * @param {import("./sender.js").Sender} sender
 * @param {import("./random.js").Random} random
 * @param {number} now
 */
export function dayOf(sender, random, now) {
  const lives = [...told(sender), ...others(sender)];
  const orders = lives.map((life) => ({ ...life, own: sender.idsFor(life.samples) }));
  const known = orders.flatMap((order) => arrivalsOf(sender, random, now - DAY_MS, order));
  const copies = random
    .some(
      known.filter(({ order }) => order.title),
      COPIES,
    )
    .map((arrival) => ({
      ...arrival,
      kind: "copy",
      arrives: arrival.arrives + random.between(1, 9) * MINUTE_MS,
    }));
  const forged = forgeries(sender).map((forgery) => ({
    ...forgery,
    kind: "forgery",
    arrives: now - random.between(0.1, 0.9) * DAY_MS,
  }));
  const arrivals = [...known, ...copies, ...forged].sort((a, b) => a.arrives - b.arrives);
  return { orders, arrivals };
}

/** Returns the lives that the stories tell, of the sources that there are. */
const told = (sender) =>
  STORIES.flatMap(({ provider, events, ...story }) => {
    const account = sender.accounts.find((each) => each.provider.name === provider);
    if (!account) return [];
    const samples = events.map((event) => sender.samplesOf(account).get(event));
    return [{ ...story, account, samples }];
  });

/** Returns a life of an order for each source whose provider no story is about. */
function others(sender) {
  const names = STORIES.map(({ provider }) => provider);
  return sender.accounts
    .filter(({ provider }) => !names.includes(provider.name))
    .map((account) => ({
      account,
      samples: lifeOf([...sender.samplesOf(account).values()]),
    }))
    .filter(({ samples }) => samples.length > 0);
}

/** Returns the arrivals of an order's deliveries: all but a late one when they are about. */
function arrivalsOf(sender, random, began, order) {
  const { account, samples, own, late } = order;
  const first = random.between(0, 0.4);
  const moments = samples.map(() => began + random.between(first, 0.97) * DAY_MS);
  moments.sort((a, b) => a - b);
  return samples.map((sample, place) => {
    const at = moments[place];
    const isLate = place === late;
    let delivery;
    return {
      ...{ kind: isLate ? "late" : "delivery", order, account, sample },
      arrives: isLate ? moments.at(-1) + 10 * MINUTE_MS : at,
      // A copy is the same delivery.
      deliver: () => (delivery ??= sender.prepare(account, sample, { at, own })),
    };
  });
}
