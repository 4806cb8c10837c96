// `npm run demo`: a day of a small shop with every built-in provider, at the Workers of `npm start`.
import { setTimeout as pause } from "node:timers/promises";
import { buildPackage } from "./build.js";
import { DAY_MS, dayOf } from "./demo/day.js";
import { Narrator } from "./demo/narrator.js";
import { Random } from "./demo/random.js";
import { arrivalsText, deliveriesText, ordersText } from "./demo/report.js";
import { Sender } from "./demo/sender.js";
import { sendStray } from "./demo/stray.js";
import { Subscriber } from "./demo/subscriber.js";
import { parse, runTask, wrongUsage } from "./lib/cli.js";
import { Stop, main, say } from "./lib/command.js";
import { endpointFor } from "./lib/local-sources.js";
import { setUp } from "./setup.js";

const HELP = `Usage: npm run demo -- [options]

Plays a day of a small shop to the Workers of npm start: orders of every built-in
provider that move, fail and come back, with copies, late deliveries and
forgeries; and two endpoints that get the events, of which one breaks. All data is
made up. npm start -- --demo starts the Workers first.

      --seed <n>            the same day again, with other ids
      --seconds <n>         how long the day takes: 0 to 600; 15, if it is not given
      --clean               delete the endpoints at the end
      --url <url>           the receiver; http://localhost:8787
      --dispatch <url>      dispatch; http://localhost:8788

It ends with 0; with 1 when something was not as it should be; with 2 when the
command is wrong.`;

const text = { type: "string" };
const OPTIONS = {
  url: text,
  dispatch: text,
  seed: text,
  seconds: text,
  clean: { type: "boolean" },
};

const SECONDS = 15;

/** How long events may take to the journals, and to the endpoint. */
const PATIENCE_MS = 60_000;

/**
 * Plays the day to the Workers at these addresses. Throws a Stop if something is wrong.
 *
 * @param {{ receiver: string, dispatch: string }} urls
 * @param {{ seed?: number, seconds?: number, isCleaned?: boolean }} [options]
 */
export async function demo(urls, { seed = newSeed(), seconds = SECONDS, isCleaned } = {}) {
  // It needs the package, which may have to be built.
  const { Dispatch } = await import("./demo/dispatch.js");
  const dispatch = new Dispatch(urls.dispatch);
  const sender = await Sender.open(urls.receiver);
  const narrator = new Narrator();
  const subscriber = new Subscriber(narrator.broken);
  const places = await subscriber.listen(endpointFor(new URL(urls.dispatch).port));
  try {
    await subscriber.trust(await dispatch.create(places));
    say(opening(seed, places));
    const day = dayOf(sender, new Random(seed), Date.now());
    await Promise.all([play(sender, narrator, day, seconds), sendStray()]);
    const orders = await settled(dispatch, subscriber, day);
    say(`\n${arrivalsText(narrator)}\n${ordersText(orders)}\n`);
    say(`${await timelineText(urls, orders)}\n`);
    say(deliveriesText(subscriber, await dispatch.outcomes()));
    say("A message that was not an event is a dead letter: npm run dead-letters.");
    await (isCleaned ? dispatch.clean() : dispatch.pause());
  } finally {
    subscriber.stop();
  }
  say(closing(urls, isCleaned));
}

const newSeed = () => Math.floor(Math.random() * 2 ** 32);

const opening = (seed, { shop, accounting }) => `
A day of a small shop. --seed ${seed} plays the same day again.
The shop gets every event, at ${shop}.
Accounting gets those of closed orders, at ${accounting}, and breaks.
`;

/** Posts the deliveries of the day, as fast as the day takes that many seconds. */
async function play(sender, narrator, { arrivals }, seconds) {
  const began = Date.now();
  const [{ arrives: first }] = arrivals;
  for (const arrival of arrivals) {
    const due = began + ((arrival.arrives - first) / DAY_MS) * seconds * 1000;
    await pause(Math.max(0, due - Date.now()));
    const answer = await sender.post(arrival.deliver());
    check(arrival, answer);
    narrator.tell(arrival, answer);
  }
}

/** Refuses an answer that the receiver should not give. */
function check({ kind, account, sample, title }, { error, status, word }) {
  if (error) throw new Stop(`The receiver does not answer (${error}). Does npm start run?`);
  const isRefused = status === 401 || status === 404;
  const isForged = kind === "forgery";
  const isKnown = word === "duplicate" && kind !== "copy";
  if (isRefused === isForged && (isRefused || status < 300) && !isKnown) return;
  const what = title ? `Where somebody ${title}, the` : `"${sample.name}": the`;
  throw new Stop(`${account.source}: ${what} receiver answered ${status} ${word}.`);
}

/** Waits until all orders are known to their ends, and the shop has every event. */
async function settled(dispatch, subscriber, { orders }) {
  const deadline = Date.now() + PATIENCE_MS;
  const known = [];
  for (const order of orders) {
    const { account, own, samples } = order;
    const isWhole = (detail) => detail?.timeline.length >= samples.length;
    const asked = () => dispatch.order(account.source, own.order);
    const detail = await until(deadline, asked, isWhole);
    if (!isWhole(detail))
      throw new Stop(
        `dispatch has ${detail?.timeline.length ?? 0} of the ${samples.length} events of the order ` +
          `${own.order} of ${account.source}.`,
      );
    known.push({ ...order, detail });
  }
  const events = known.reduce((sum, { detail }) => sum + detail.timeline.length, 0);
  const arrived = async () => subscriber.messages.size >= events && (await dispatch.isDone());
  if (!(await until(deadline, arrived, Boolean)))
    throw new Stop(`The shop got ${subscriber.messages.size} of ${events} events.`);
  if (!(await until(deadline, () => dispatch.hasDeadLetter(), Boolean)))
    throw new Stop("The message that is not an event has not become a dead letter.");
  return known;
}

/** Asks until the answer is right, or it is too late; returns the last answer. */
async function until(deadline, ask, isRight) {
  for (;;) {
    const answer = await ask();
    if (isRight(answer) || Date.now() > deadline) return answer;
    await pause(100);
  }
}

/** Returns the timeline of the order of which an event came late, as `npm run orders` shows it. */
async function timelineText({ dispatch }, orders) {
  const { run } = await import("../pkg/cli/orders.js");
  const { account, own } = orders.find(({ late }) => late !== undefined) ?? orders[0];
  const positionals = [account.source, own.order];
  const { text } = await run({ values: { dispatch }, positionals, given: [] });
  return `One of them (npm run orders -- ${positionals.join(" ")}):\n\n${text}`;
}

const closing = ({ dispatch }, isCleaned) =>
  isCleaned
    ? "The endpoints, and the read-only token of this demo, are deleted."
    : `The endpoints stay. The shop's is paused, since its server ends here.
npm run endpoints -- --dispatch ${dispatch} shows them, and npm run orders the orders.`;

/** Parses an option that is a whole number. */
function numberOf(values, name, most) {
  if (values[name] === undefined) return undefined;
  const number = Number(values[name]);
  if (/^\d+$/.test(values[name]) && number <= most) return number;
  throw wrongUsage(`--${name} takes a whole number from 0 to ${most}.`);
}

await main(import.meta.url, (args) =>
  runTask(HELP, args, async () => {
    const { values, positionals } = parse(args, OPTIONS, "npm run demo --");
    if (positionals.length > 0) throw wrongUsage("It takes nothing but options.");
    const { url = "http://localhost:8787", dispatch = "http://localhost:8788" } = values;
    const seed = numberOf(values, "seed", 2 ** 32 - 1);
    const seconds = numberOf(values, "seconds", 600);
    await setUp();
    await buildPackage({ quiet: true });
    await demo({ receiver: url, dispatch }, { seed, seconds, isCleaned: values.clean });
  }),
);
