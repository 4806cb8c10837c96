// What an account has of a deployment, and how much is in it: what a removal takes away.
import {
  boundNamespace,
  consumedBy,
  namespaceIn,
  namespaceTitle,
  queuesOf,
  workerConsumers,
} from "./workers.js";

/**
 * Returns what there is: the `workers`, each with its `objects` by class; the `queues` that these
 * Workers alone use, and the `shared` ones; the `namespace`; and what is `kept`, as texts, because
 * somebody else uses it or made it.
 *
 * @param {import("./account.js").Account} account
 * @param {any[]} workers
 */
export async function standing(account, workers) {
  const there = [];
  const bound = [];
  for (const worker of workers) {
    const deployed = await account.worker(worker.name);
    if (!deployed) continue;
    bound.push(boundNamespace(deployed.bindings));
    there.push({ ...worker, objects: await account.objects(worker.name) });
  }
  const queues = await queuesThere(account, workers);
  const { namespace, kept } = await namespaceThere(account, workers, bound);
  return {
    workers: there,
    queues: queues.filter(({ users }) => users.length === 0),
    shared: queues.filter(({ users }) => users.length > 0),
    namespace,
    kept: [...queues.flatMap(whyKept), ...kept],
  };
}

/** Returns what the wrangler files name, where the account cannot be asked. */
export const asWritten = (workers) => ({
  workers: workers.map((worker) => ({ ...worker, objects: [] })),
  queues: [...new Set(workers.flatMap(queuesOf))].map((name) => ({
    name,
    consumers: workers
      .filter((worker) => consumedBy(worker).includes(name))
      .map((worker) => ({ name: worker.name })),
  })),
  shared: [],
  namespace: { title: namespaceTitle(workers) },
  kept: [],
});

async function queuesThere(account, workers) {
  const own = workers.map(({ name }) => name);
  const found = [];
  for (const name of new Set(workers.flatMap(queuesOf))) {
    const queue = await account.queue(name);
    if (!queue) continue;
    const { queue_id: id, consumers = [], producers = [] } = queue;
    found.push({
      ...{ name, id, count: await account.backlog(id) },
      consumers: workerConsumers(queue).filter((consumer) => own.includes(consumer.name)),
      users: usersOf([...consumers, ...producers]).filter((user) => !own.includes(user)),
    });
  }
  return found;
}

/** Returns the Workers that send to a queue or take from it, and the kinds of its other users. */
const usersOf = (all) => [
  ...new Set(all.map(({ type, script, service }) => script ?? service ?? type)),
];

const whyKept = ({ name, users }) =>
  users.length === 0 ? [] : [`the queue ${name}, which ${users.join(" and ")} uses, too`];

/** A namespace of another title was made by somebody else, who may use it for more. */
async function namespaceThere(account, workers, bound) {
  const title = namespaceTitle(workers);
  const id = await account.namespace(title);
  const foreign = [...new Set([namespaceIn(workers), ...bound])].filter(
    (named) => named !== undefined && named !== id,
  );
  return {
    namespace: id === undefined ? undefined : { title, id, count: await account.keys(id) },
    kept: foreign.map((named) => `the KV namespace ${named}, which is not called ${title}`),
  };
}
