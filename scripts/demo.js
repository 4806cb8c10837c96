// `npm run demo`: deliveries for each source in `wrangler.toml`, signed with the local secrets, to the Workers of `npm start`. It shows the orders that result.
import { setTimeout as pause } from "node:timers/promises";
import { buildPackage } from "./build.js";
import { Sender } from "./demo/sender.js";
import { STORIES } from "./demo/stories.js";
import { parse, runTask, table, wrongUsage } from "./lib/cli.js";
import { Stop, main, say } from "./lib/command.js";
import { root, setUp } from "./setup.js";

const HELP = `Usage: npm run demo -- [options]

Posts the sample deliveries for each source in wrangler.toml, and all deliveries of some
orders, to the receiver of npm start. Then shows these orders, as the API of
dispatch has them. All data is made up. npm start -- --demo starts the Workers
first.

      --url <url>           the receiver; http://localhost:8787
      --dispatch <url>      dispatch; http://localhost:8788

It ends with 0; with 1 when something was not taken; with 2 when the command is
wrong.`;

const OPTIONS = { url: { type: "string" }, dispatch: { type: "string" } };

/** How long an event may take to the journal. */
const PATIENCE_MS = 60_000;

/** Shows the Workers at these addresses with made-up deliveries. Throws a Stop if something was not taken. */
export async function demo({ receiver, dispatch }) {
  const sender = await Sender.open(receiver);
  say(
    `\nThe sample deliveries of each provider, signed with the secrets in .dev.vars, posted to ${receiver}:`,
  );
  const rows = [];
  for (const account of sender.accounts) rows.push(await sender.samples(account));
  say(table(rows));
  const lives = [];
  for (const story of STORIES) {
    const account = sender.accountOf(story.provider);
    if (account) lives.push({ ...story, ...(await sender.story(account, story)) });
  }
  await show(lives, dispatch);
}

/** An order is final only by its last events. */
const isDone = ({ order, timeline }, { count }) => order.final && timeline.length === count;

async function show(lives, dispatch) {
  const { accessOf, pathOf, read, orders } = await dispatchCommands();
  const access = accessOf({ dispatch }, root);
  const details = [];
  for (const life of lives) {
    const path = pathOf(["orders", life.source, life.order]);
    details.push(await untilDone(() => read(access, path), life));
  }
  say("The orders that these deliveries were about, by the API of dispatch:");
  const row = ({ title }, { order }) => [
    order.source,
    order.id,
    order.status,
    `${order.events} events`,
    title,
  ];
  say(table(lives.map((life, at) => row(life, details[at]))));
  const { source, order } = lives.find(({ late }) => late !== undefined) ?? lives[0];
  const { text } = await orders({ values: { dispatch }, positionals: [source, order], given: [] });
  say(`One of them, with its timeline (npm run orders -- ${source} ${order}):\n\n${text}`);
}

async function untilDone(detail, life) {
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    const found = await detail().catch((error) => {
      if (error.code !== "order_not_found") throw error;
    });
    if (found && isDone(found, life)) return found;
    if (Date.now() > deadline)
      throw new Stop(
        `dispatch does not know the whole life of ${life.order} of ${life.source}: ` +
          `${found?.timeline.length ?? 0} of ${life.count} events, ${found?.order.status ?? "no order"}.`,
      );
    await pause(100);
  }
}

async function dispatchCommands() {
  const { accessOf } = await import("../pkg/cli/dispatch/access.js");
  const { pathOf, read } = await import("../pkg/cli/dispatch/api.js");
  const { run: orders } = await import("../pkg/cli/orders.js");
  return { accessOf, pathOf, read, orders };
}

await main(import.meta.url, (args) =>
  runTask(HELP, args, async () => {
    const { values, positionals } = parse(args, OPTIONS, "npm run demo --");
    if (positionals.length > 0) throw wrongUsage("It takes nothing but options.");
    const { url = "http://localhost:8787", dispatch = "http://localhost:8788" } = values;
    await setUp();
    await buildPackage({ quiet: true });
    await demo({ receiver: url, dispatch });
  }),
);
