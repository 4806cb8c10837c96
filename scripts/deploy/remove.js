// `npm run deploy -- --remove`: deletes both Workers, and all that was made for them.
import { createInterface } from "node:readline/promises";
import { table } from "../lib/cli.js";
import { Stop, say } from "../lib/command.js";
import { Account } from "./account.js";
import { asWritten, standing } from "./standing.js";

const MANY = 1000;

/**
 * Removes what the account has of these Workers, once the user has agreed. With `isDryRun`, only
 * shows the steps.
 *
 * @param {any[]} workers
 * @param {{ isDryRun?: boolean, isAgreed?: boolean }} options
 */
export async function removeAll(workers, { isDryRun, isAgreed }) {
  const { account, found } = isDryRun ? await rehearsed(workers) : await opened(workers);
  const steps = removalOf(account, found);
  if (steps.length === 0) return say(`There is nothing to remove.\n${keptText(found)}`);
  say(listing(workers, found));
  if (isDryRun)
    return say(
      `${steps.map(({ text }, at) => numbered(text, at)).join("\n")}\n\nNothing was changed.`,
    );
  const [{ name }] = workers;
  if (!isAgreed && !(await isConfirmed(name)))
    throw new Stop(`Nothing was changed: ${name} was not typed.`);
  await carryOut(steps);
  say(`\nAll of it is removed.\n${keptText(found)}${AFTERWARDS}`);
}

const AFTERWARDS =
  "Providers still post to the addresses that you gave them, and get errors: take the addresses out there.\n" +
  "npm run deploy makes all of it again, with new secrets and without the data.";

async function opened(workers) {
  const account = await Account.open(workers[0]);
  return { account, found: await standing(account, workers) };
}

async function rehearsed(workers) {
  try {
    return await opened(workers);
  } catch (error) {
    if (error.code === undefined) throw error;
    say(`What the account has is not known, so every step is shown. ${error.message}\n`);
    return { found: asWritten(workers) };
  }
}

/**
 * Returns the steps of a removal, each with its `text` and its `work`. The receiver goes first: an
 * event that it took later would be lost. Cloudflare deletes no Worker that consumes a queue, and
 * no queue that a Worker is bound to.
 *
 * @param {any} account the `Account`; undefined where the steps are only shown
 * @param {any} found what `standing` returns
 */
export function removalOf(account, { workers, queues, shared, namespace }) {
  const consumed = [...queues, ...shared].flatMap((queue) =>
    queue.consumers.map(({ name, id }) => ({
      text: `Remove ${name} as the consumer of ${queue.name}.`,
      work: () => account.removeConsumer(queue.id, id),
    })),
  );
  const gone = workers.map(({ role, name }) => ({
    role,
    text: `Delete the Worker ${name}.`,
    work: () => account.deleteWorker(name),
  }));
  return [
    ...gone.filter(({ role }) => role === "receiver"),
    ...consumed,
    ...gone.filter(({ role }) => role === "dispatch"),
    ...queues.map(({ name, id }) => ({
      text: `Delete the queue ${name}.`,
      work: () => account.deleteQueue(id),
    })),
    ...(namespace
      ? [
          {
            text: `Delete the KV namespace ${namespace.title}.`,
            work: () => account.deleteNamespace(namespace.id),
          },
        ]
      : []),
  ];
}

async function carryOut(steps) {
  for (const [at, { text, work }] of steps.entries()) {
    say(numbered(text, at));
    await work().catch((error) => {
      say("It stopped here. What is deleted stays deleted. Run it again to go on.");
      throw error;
    });
  }
}

const numbered = (text, at) => `${String(at + 1).padStart(2)}. ${text}`;

/**
 * Returns what is removed, with what is in it, as lines.
 *
 * @param {any[]} workers
 * @param {any} found
 */
function listing([receiver], found) {
  const { workers, queues, namespace } = found;
  const rows = [
    ...workers.map(({ role, name, objects }) => [
      name,
      `a Worker, with its secrets${held(role, objects)}`,
    ]),
    ...queues.map(({ name, count }) => [name, `a queue, ${counted(count, "message")}`]),
    ...(namespace ? [[namespace.title, `a KV namespace, ${counted(namespace.count, "key")}`]] : []),
  ];
  return `This removes ${receiver.name} from Cloudflare:\n\n${table(rows)}\n${keptText(found)}${DATA}\n`;
}

const DATA = `All data goes with it, and Cloudflare keeps no copy: the journals of dispatch, which hold each event, order,
endpoint and dead letter; and the KV namespace, which holds the bodies of large events. To keep the events,
stop here, and run npm run export first.`;

const held = (role, objects) =>
  role === "dispatch"
    ? ` and its journals${objects.map(({ kind, count }) => `; ${kind}: ${objectsText(count)}`).join("")}`
    : "";

const objectsText = (count) => `${amount(count, "object")} with data`;

const counted = (count, what) =>
  count === undefined ? `with an unknown number of ${what}s` : `with ${amount(count, what)}`;

const amount = (count, what) =>
  `${count}${count === MANY ? " or more" : ""} ${what}${count === 1 ? "" : "s"}`;

const keptText = ({ kept }) => (kept.length === 0 ? "" : `These stay: ${kept.join("; ")}.\n`);

/**
 * Returns whether the user types the project's name.
 *
 * @param {string} name
 * @param {{ input?: any, output?: any }} [streams]
 */
export async function isConfirmed(name, { input = process.stdin, output = process.stdout } = {}) {
  if (!input.isTTY)
    throw new Stop(
      "Nothing was changed. This is not a terminal: --yes removes without a question.",
    );
  const reader = createInterface({ input, output });
  try {
    return (await reader.question(`To remove all of it, type ${name}: `)).trim() === name;
  } finally {
    reader.close();
  }
}
