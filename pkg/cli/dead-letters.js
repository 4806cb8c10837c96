// `orderhook dead-letters`: lists the dead-letter queue, and puts its messages back into the queue of events.
import { keeperIn, localAccess, remoteAccess } from "./dead-letters/access.js";
import { MAX_MESSAGES, openQueue } from "./dead-letters/api.js";
import { letterOf } from "./dead-letters/letter.js";
import { queuesOf } from "./dead-letters/queues.js";
import { inBrief, inFull, listing, outcome } from "./dead-letters/report.js";
import { requeue } from "./dead-letters/requeue.js";
import { meant, wrongUsage } from "./failure.js";
import { JSON_HELP } from "./help.js";
import { readConfig } from "./project.js";

export const name = "orderhook dead-letters";

export const help = `Usage: orderhook dead-letters [list | requeue | poison | keep] [options]

Shows the events that no consumer took, and puts them back. Run it in the folder
of your Worker: wrangler.toml there names the queues.

  list                  what is in the dead-letter queue, the first ${MAX_MESSAGES}; it all
                        stays there
  requeue               put it back into the queue of events, and take it off
                        the dead-letter queue
  poison                put into the local queue of events what no consumer
                        takes: it is a dead letter soon
  keep                  beside npx wrangler dev: take the local dead letters off
                        their queue and keep them for the other three, until
                        Ctrl-C. npm start of an orderhook Worker includes it

      --id <id>         requeue: the events of this id, or the message; may be
                        repeated
      --all             requeue: everything
      --show            list: each event, too, with its customer's data
      --remote          the queues at Cloudflare; without it, those on this
                        machine
      --queue <name>    another dead-letter queue than wrangler.toml's
      --persist-to <folder>
                        where npm start, or wrangler dev, was told to keep its
                        state
${JSON_HELP}

With --remote it logs in as wrangler does, or with CLOUDFLARE_API_TOKEN (Queues:
Edit) and CLOUDFLARE_ACCOUNT_ID. With --json, list prints whole events.

It ends with
  0  when all is well
  1  when something was left that should have gone back
  2  when the command is wrong, or it could not be done

Example:
  orderhook dead-letters --remote
  orderhook dead-letters requeue --remote --all
`;

const text = { type: "string" };
const flag = { type: "boolean" };
export const options = {
  id: { ...text, multiple: true },
  all: flag,
  show: flag,
  remote: flag,
  queue: text,
  "persist-to": text,
};

const ACTIONS = { list, requeue: requeueWanted, poison, keep };

export async function run({ values, positionals }) {
  const folder = process.cwd();
  const [action = "list", ...more] = positionals;
  const wrong = mistake(action, more, values, keeperIn(folder));
  if (wrong) throw wrongUsage(wrong);
  const config = await readConfig(folder);
  const names = queuesOf(config);
  const wrongQueue = mistakenQueue(values, names, keeperIn(folder));
  if (wrongQueue) throw wrongUsage(wrongQueue);
  return ACTIONS[action]({ folder, config, names, values });
}

/** Returns the two queues, each as a function that opens it. */
async function queuesIn({ folder, config, names, values }) {
  const { remote, queue, "persist-to": persistTo } = values;
  const access = remote ? await remoteAccess(folder, config) : localAccess(folder, persistTo);
  return {
    events: () => openQueue(access, names.events),
    deadLetters: () => openQueue(access, queue ?? names.deadLetters),
  };
}

/** Returns the error in the arguments; undefined if they are right. */
function mistake(action, more, values, keeper) {
  const { id, all, show, remote, queue } = values;
  const names = Object.keys(ACTIONS);
  if (!names.includes(action))
    return `There is no "${action}".${meant(action, names)} --help lists what there is.`;
  if (more.length > 0)
    return `"${action}" takes nothing behind it but options; an id is given with --id.`;
  const empty = Object.keys(values).find((option) => [values[option]].flat().includes(""));
  if (empty) return `--${empty} wants a value that is not empty.`;
  if (action === "requeue" && !id === !all)
    return "Which ones? Either --id <id>, as list shows it, or --all.";
  if (action !== "requeue" && (id || all)) return "--id and --all are for requeue.";
  if (action !== "list" && show) return "--show is for list.";
  const isLocal = action === "poison" || action === "keep";
  if (isLocal && remote) return `${action} is for this machine alone.`;
  if (isLocal && queue) return "--queue is for list and requeue.";
  if (remote && values["persist-to"])
    return `--persist-to is for the queues of ${keeper}, and --remote for those at Cloudflare.`;
  return undefined;
}

function mistakenQueue({ queue, remote }, { events, deadLetters }, keeper) {
  if (queue === undefined) return undefined;
  if (queue === events)
    return `${events} is the queue of events itself: --queue names a dead-letter queue.`;
  if (!remote && queue !== deadLetters)
    return `${keeper} has no queue "${queue}": its dead letters are in ${deadLetters}.`;
  return undefined;
}

async function list(given) {
  const { deadLetters } = await queuesIn(given);
  const queue = await deadLetters();
  const letters = (await queue.peek()).map(letterOf);
  // The number is approximate: it may leave out recent changes.
  const count =
    letters.length < MAX_MESSAGES
      ? letters.length
      : Math.max(letters.length, (await queue.backlog()) ?? 0);
  const json = { queue: queue.name, count, letters: letters.map(inFull) };
  return { ok: true, text: listing(queue, letters, count, given.values.show), json };
}

async function requeueWanted(given) {
  const ids = given.values.id;
  const { deadLetters, events } = await queuesIn(given);
  const from = await deadLetters();
  const to = await events();
  const isNamed = (id) => (letter) => letter.id === id || letter.event?.id === id;
  const moved = await requeue({
    from,
    to,
    wanted: (letter) => !ids || ids.some((id) => isNamed(id)(letter)),
  });
  const found = [moved.back, moved.twice, moved.left].flat();
  const missing = (ids ?? []).filter((id) => !found.some(isNamed(id)));
  const ok =
    moved.failure === null && moved.twice.length + moved.left.length + missing.length === 0;
  const report = { from, to, ...moved, missing };
  return { ok, text: outcome(report), json: inBrief(report) };
}

async function poison(given) {
  const { events } = await queuesIn(given);
  const queue = await events();
  await queue.push([{ type: "json", text: JSON.stringify({ poison: "no event" }) }]);
  const text = `In ${queue.name} is something that is no event. Once its retries have run out, orderhook dead-letters shows it.\n`;
  return { ok: true, text, json: { queue: queue.name } };
}

async function keep({ folder, config, names, values }) {
  const { keepLetters } = await import("./dead-letters/keeper.js");
  await keepLetters({ project: folder, config, names, persistTo: values["persist-to"] });
  return { ok: true, text: "", json: { queue: names.deadLetters } };
}
