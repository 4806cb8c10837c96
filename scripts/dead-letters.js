// `npm run dead-letters`: what is in the dead-letter queue, and back into the queue of events with it.
import { existsSync } from "node:fs";
import { perform } from "../pkg/cli/command.js";
import { meant, wrongUsage } from "../pkg/cli/failure.js";
import { main, say } from "./lib/command.js";
import { localAccess, remoteAccess } from "./dead-letters/access.js";
import { MOST, openQueue } from "./dead-letters/api.js";
import { letterOf } from "./dead-letters/letter.js";
import { inBrief, inFull, listing, outcome } from "./dead-letters/print.js";
import { putBack } from "./dead-letters/put-back.js";
import { queuesOf, wranglerToml } from "./dead-letters/queues.js";
import { inRoot, setUp } from "./setup.js";

const HELP = `Usage: npm run dead-letters -- [list | requeue | poison] [options]

  list                  what is in the dead-letter queue, the first ${MOST}; it all
                        stays there
  requeue               put it back into the queue of events, and take it off the
                        dead-letter queue
  poison                put into the local queue of events what no consumer
                        takes: it is a dead letter soon

      --id <id>         requeue: the events of this id, or the message; may be
                        repeated
      --all             requeue: everything
      --show            list: each event, too, with its customer's data
      --remote          the queues at Cloudflare; without it, those of npm start
      --queue <name>    another dead-letter queue than wrangler.toml's
      --persist-to <folder>
                        where npm start was told to keep its state
      --json            print one JSON object, with whole events; for failures too

With --remote it logs in as wrangler does, or with CLOUDFLARE_API_TOKEN (Queues:
Edit) and CLOUDFLARE_ACCOUNT_ID.

It ends with 0; with 1 when something was left that should have gone back; with
2 when it could not be done.`;

const text = { type: "string" };
const flag = { type: "boolean" };
const options = {
  id: { ...text, multiple: true },
  all: flag,
  show: flag,
  remote: flag,
  queue: text,
  "persist-to": text,
};

const ACTIONS = { list, requeue, poison };

async function run({ values, positionals }) {
  const [name = "list", ...more] = positionals;
  const wrong = mistake(name, more, values);
  if (wrong) throw wrongUsage(wrong);
  const toml = await wranglerToml();
  const { events, deadLetters } = queuesOf(toml);
  const wrongQueue = mistakenQueue(values, { events, deadLetters });
  if (wrongQueue) throw wrongUsage(wrongQueue);
  const access = values.remote ? await remoteAccess(toml) : localAccess(values["persist-to"]);
  const queues = {
    events: () => openQueue(access, events),
    deadLetters: () => openQueue(access, values.queue ?? deadLetters),
  };
  return ACTIONS[name](queues, values);
}

/** What is wrong with what was typed. */
function mistake(name, more, values) {
  const { id, all, show, remote, queue } = values;
  const names = Object.keys(ACTIONS);
  if (!names.includes(name))
    return `There is no "${name}".${meant(name, names)} --help lists what there is.`;
  if (more.length > 0)
    return `"${name}" takes nothing behind it but options; an id is given with --id.`;
  const empty = Object.keys(values).find((option) => [values[option]].flat().includes(""));
  if (empty) return `--${empty} wants a value that is not empty.`;
  if (name === "requeue" && !id === !all)
    return "Which ones? Either --id <id>, as list shows it, or --all.";
  if (name !== "requeue" && (id || all)) return "--id and --all are for requeue.";
  if (name !== "list" && show) return "--show is for list.";
  if (name === "poison" && remote) return "poison is for this machine alone.";
  if (name === "poison" && queue) return "--queue is for list and requeue.";
  if (remote && values["persist-to"])
    return "--persist-to is for the queues of npm start, and --remote for those at Cloudflare.";
  return undefined;
}

function mistakenQueue({ queue, remote }, { events, deadLetters }) {
  if (queue === undefined) return undefined;
  if (queue === events)
    return `${events} is the queue of events itself: --queue names a dead-letter queue.`;
  if (!remote && queue !== deadLetters)
    return `npm start has no queue "${queue}": its dead letters are in ${deadLetters}.`;
  return undefined;
}

async function list({ deadLetters }, { show }) {
  const queue = await deadLetters();
  const letters = (await queue.peek()).map(letterOf);
  // About: it need not count what has just come or gone.
  const count =
    letters.length < MOST ? letters.length : Math.max(letters.length, (await queue.backlog()) ?? 0);
  const json = { queue: queue.name, count, letters: letters.map(inFull) };
  return { ok: true, text: listing(queue, letters, count, show), json };
}

async function requeue({ deadLetters, events }, { id: ids }) {
  const from = await deadLetters();
  const to = await events();
  const named = (id) => (letter) => letter.id === id || letter.event?.id === id;
  const moved = await putBack({
    from,
    to,
    wanted: (letter) => !ids || ids.some((id) => named(id)(letter)),
  });
  const found = [moved.back, moved.twice, moved.left].flat();
  const missing = (ids ?? []).filter((id) => !found.some(named(id)));
  const ok =
    moved.failure === null && moved.twice.length + moved.left.length + missing.length === 0;
  const report = { from, to, ...moved, missing };
  return { ok, text: outcome(report), json: inBrief(report) };
}

async function poison({ events }) {
  const queue = await events();
  await queue.push([{ type: "json", text: JSON.stringify({ poison: "no event" }) }]);
  const text = `In ${queue.name} is something that is no event. Once its retries have run out, npm run dead-letters shows it.\n`;
  return { ok: true, text, json: { queue: queue.name } };
}

await main(import.meta.url, async (args) => {
  if (args.some((arg) => arg === "--help" || arg === "-h")) return say(HELP);
  // Of all that is set up it needs npm's part alone: whoever looks after the queues need not have Rust.
  if (!existsSync(inRoot("node_modules/smol-toml"))) await setUp();
  await perform({ name: "npm run dead-letters --", help: HELP, options, run }, args);
});
