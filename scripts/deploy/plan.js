// What the account lacks, and the order of the deployment.
import { Stop } from "../lib/command.js";
import { isAsked, missingSecrets } from "./secrets.js";
import {
  boundNamespace,
  consumedBy,
  namespaceIn,
  namespaceTitle,
  queuesOf,
  workerConsumers,
} from "./workers.js";

/**
 * Returns what the account has of these Workers: `deployed` by a Worker's name, the `missing` queues, the `taken` ones, which another
 * Worker consumes, and the `namespace`: its `title`, and its `id` if there is one.
 *
 * @param {import("./account.js").Account} account
 * @param {any[]} workers
 */
export async function stateOf(account, workers) {
  const deployed = new Map();
  for (const { name } of workers) deployed.set(name, await account.worker(name));
  const names = [...new Set(workers.flatMap(queuesOf))];
  const queues = [];
  for (const name of names) queues.push({ name, queue: await account.queue(name) });
  return {
    deployed,
    missing: queues.filter(({ queue }) => !queue).map(({ name }) => name),
    taken: queues.flatMap(({ name, queue }) => takers(name, queue, workers)),
    namespace: await namespaceAt(account, workers, deployed),
  };
}

/** Returns the Workers that consume a queue which one of ours consumes. */
function takers(name, queue, workers) {
  const own = workers.find((worker) => consumedBy(worker).includes(name));
  if (!own) return [];
  return workerConsumers(queue)
    .filter((consumer) => consumer.name !== own.name)
    .map((consumer) => ({ queue: name, consumer: consumer.name }));
}

/** A deployed receiver has the namespace already. Otherwise it may be left of a deployment that stopped. */
async function namespaceAt(account, workers, deployed) {
  const [receiver] = workers;
  const title = namespaceTitle(workers);
  const bound = boundNamespace(deployed.get(receiver.name)?.bindings ?? []);
  return { title, id: namespaceIn(workers) ?? bound ?? (await account.namespace(title)) };
}

/**
 * Returns what is to be done: the queues to make, the title of the namespace to make, the Workers in their order, and the secrets to set.
 * Where the account is not known, all of it is.
 *
 * @param {any[]} workers
 * @param {any[]} wanted the secrets
 * @param {Awaited<ReturnType<typeof stateOf>> | undefined} state
 * @param {string[]} [replaced]
 */
export function planOf(workers, wanted, state, replaced = []) {
  const deployed = state?.deployed ?? new Map();
  const present = new Map([...deployed].map(([name, worker]) => [name, worker?.secrets ?? []]));
  const namespace = state?.namespace ?? {
    title: namespaceTitle(workers),
    id: namespaceIn(workers),
  };
  return {
    queues: state?.missing ?? [...new Set(workers.flatMap(queuesOf))],
    namespace: namespace.id === undefined ? namespace.title : undefined,
    order: inOrder(workers, deployed),
    secrets: missingSecrets(wanted, present, replaced),
  };
}

/** Returns the steps of a plan, as lines. */
export function stepsOf({ queues, namespace, order, secrets }) {
  const texts = [
    ...queues.map((name) => `Make the queue ${name}.`),
    ...(namespace ? [`Make the KV namespace ${namespace}.`] : []),
    ...order.map(({ name }) => `Deploy ${name}.`),
    ...secrets.map((secret) => {
      const on = secret.workers.map(({ name }) => name).join(" and ");
      return `${isAsked(secret) ? "Ask for" : "Make"} ${secret.name}, and set it on ${on}.`;
    }),
    "Print the addresses.",
  ];
  return texts.map((text, at) => `${String(at + 1).padStart(2)}. ${text}`).join("\n");
}

/**
 * Returns the Workers in the order in which they are deployed. dispatch binds the receiver, which has to be there first. Once both are
 * there, dispatch goes first: it takes the events of older receivers, but not those of newer ones.
 */
function inOrder(workers, deployed) {
  const isUpgrade = workers.every(({ name }) => deployed.get(name) !== undefined);
  return isUpgrade ? [...workers].reverse() : workers;
}

/** Throws a Stop if another Worker consumes a queue of ours: a queue has one. */
export function refuseTaken(taken) {
  if (taken.length === 0) return;
  const lines = taken.map(
    ({ queue, consumer }) =>
      `\n${consumer} consumes ${queue}, and a queue has one consumer. To remove it: npx wrangler queues consumer worker remove ${queue} ${consumer}`,
  );
  throw new Stop(`Nothing was changed.${lines.join("")}`);
}

/** Throws a Stop if a queue has not the consumer that its wrangler file names: events would wait in it. */
export async function checkConsumers(account, workers) {
  for (const worker of workers)
    for (const name of consumedBy(worker))
      if (!workerConsumers(await account.queue(name)).some((own) => own.name === worker.name))
        throw new Stop(
          `${worker.name} is deployed, but Cloudflare has not made it the consumer of ${name}. Run this again.`,
        );
}
