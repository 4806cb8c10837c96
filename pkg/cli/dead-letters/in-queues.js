// The dead letters in the dead-letter queue itself.
import { wrongUsage } from "../failure.js";
import { readConfig } from "../project.js";
import { KEEPER, localAccess, remoteAccess } from "./access.js";
import { MAX_MESSAGES, openQueue } from "./api.js";
import { letterOf } from "./letter.js";
import { queuesOf } from "./queues.js";
import { inBrief, inFull, listing, outcome } from "./report.js";
import { requeue as move } from "./requeue.js";

/** Each action on the queues that the configuration in this folder names. */
export const inQueues = {
  list: here(list),
  requeue: here(requeue),
  poison: here(poison),
  keep: here(keep),
};

function here(action) {
  return async (values) => {
    const folder = process.cwd();
    const config = await readConfig(folder);
    const names = queuesOf(config);
    const wrong = mistakenQueue(values, names);
    if (wrong) throw wrongUsage(wrong);
    return action({ folder, config, names, values });
  };
}

function mistakenQueue({ queue, remote }, { events, deadLetters }) {
  if (queue === undefined) return undefined;
  if (queue === events)
    return `${events} is the queue of events itself: --queue names a dead-letter queue.`;
  if (!remote && queue !== deadLetters)
    return `${KEEPER} has no queue "${queue}": its dead letters are in ${deadLetters}.`;
  return undefined;
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

async function requeue(given) {
  const ids = given.values.id;
  const { deadLetters, events } = await queuesIn(given);
  const from = await deadLetters();
  const to = await events();
  const isNamed = (id) => (letter) => letter.id === id || letter.event?.id === id;
  const moved = await move({
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
  const text = `In ${queue.name} is a message that is not an event. Once its retries have run out, orderhook dead-letters --local shows it.\n`;
  return { ok: true, text, json: { queue: queue.name } };
}

async function keep({ folder, config, names, values }) {
  const { keepLetters } = await import("./keeper.js");
  await keepLetters({ project: folder, config, names, persistTo: values["persist-to"] });
  return { ok: true, text: "", json: { queue: names.deadLetters } };
}
