// The two Workers as their wrangler files describe them. What is deployed follows from these files alone.
import { join } from "node:path";
import { readConfig } from "../lib/cli.js";

/** The folders of the wrangler files, in the project. */
export const FOLDERS = { receiver: ".", dispatch: "src/dispatch" };

/** The binding of the namespace that the Workers share. */
const NAMESPACE = "SEEN";

/** The variable that says for how many seconds an event is remembered, and its value if it is not set. */
const MEMORY = "DEDUP_TTL_SECONDS";
const DEFAULT_MEMORY = 604_800;

/** How the names of dispatch's queues end: `Queue::of` in src/dispatch/consume/mod.rs. That of events has none of these ends. */
const DEAD_LETTERS = "dead-letters";
const ENDS = { ACTIVITY: "activity", ATTEMPTS: "attempts" };

const endOf = (queue) => [DEAD_LETTERS, ...Object.values(ENDS)].find((end) => queue.endsWith(end));

/**
 * Returns the Workers that are to be deployed, the receiver first. Each has its `role`, its `name`, its `folder`, and its `config`.
 *
 * @param {string} project
 * @param {{ isReceiverAlone?: boolean }} [options]
 */
export async function workersIn(project, { isReceiverAlone = false } = {}) {
  const roles = isReceiverAlone ? ["receiver"] : ["receiver", "dispatch"];
  const workers = [];
  for (const role of roles) {
    const folder = FOLDERS[role];
    const config = await readConfig(join(project, folder));
    workers.push({ role, name: config.name, folder, config });
  }
  return workers;
}

/** Returns the names of all queues that a Worker sends to, takes from, or leaves its dead letters in. */
export const queuesOf = ({ config }) => {
  const { producers = [], consumers = [] } = config.queues ?? {};
  const names = [
    ...producers.map(({ queue }) => queue),
    ...consumers.flatMap(({ queue, dead_letter_queue: dead }) => [queue, dead]),
  ];
  return [...new Set(names.filter(Boolean))];
};

/** Returns the names of the queues that a Worker takes from. */
export const consumedBy = ({ config }) =>
  (config.queues?.consumers ?? []).map(({ queue }) => queue);

/** Returns the Workers that consume a queue of the account: their names, and their consumers' ids. */
export const workerConsumers = (queue) =>
  (queue?.consumers ?? [])
    .filter(({ type }) => type === "worker")
    .map(({ script, service, consumer_id: id }) => ({ name: script ?? service, id }));

const namespaceOf = ({ config }) =>
  config.kv_namespaces?.find(({ binding }) => binding === NAMESPACE);

/** Returns the id of the shared namespace, where a wrangler file has it. */
export const namespaceIn = (workers) =>
  workers.map((worker) => namespaceOf(worker)?.id).find((id) => id !== undefined);

/** Returns the id of the namespace that a deployed Worker has. */
export const boundNamespace = (bindings) =>
  bindings.find(({ type, name }) => type === "kv_namespace" && name === NAMESPACE)?.namespace_id;

/**
 * Returns the title of the namespace that wrangler would make for the receiver.
 *
 * @param {any[]} workers
 */
export const namespaceTitle = ([receiver]) => `${receiver.name}-${NAMESPACE.toLowerCase()}`;

/** Returns a Worker's configuration with the id of the shared namespace; undefined if it has that already, or no such binding. */
export function withNamespace(worker, id) {
  const own = namespaceOf(worker);
  if (own === undefined || own.id !== undefined) return undefined;
  const kv_namespaces = worker.config.kv_namespaces.map((namespace) =>
    namespace === own ? { ...namespace, id } : namespace,
  );
  return { ...worker.config, kv_namespaces };
}

/** Returns what does not fit in the wrangler files, one text each. */
export function misfits(workers) {
  const [receiver, dispatch] = workers;
  const problems = unnamed(workers);
  if (dispatch === undefined) return problems;
  const [own, other] = workers.map((worker) => namespaceOf(worker)?.id);
  if (own !== undefined && other !== undefined && own !== other)
    problems.push(
      `${NAMESPACE} has another id in ${fileOf(dispatch)} than in ${fileOf(receiver)}.`,
    );
  const [memory, its] = workers.map(({ config }) => config.vars?.[MEMORY] ?? DEFAULT_MEMORY);
  if (Number(memory) !== Number(its))
    problems.push(
      `${MEMORY} is ${memory} in ${fileOf(receiver)}, and ${its} in ${fileOf(dispatch)}. Give both the same value: with a longer memory than the receiver's, dispatch would drop events that the receiver accepts.`,
    );
  const service = dispatch.config.services?.find(({ binding }) => binding === "RECEIVER")?.service;
  if (service !== undefined && service !== receiver.name)
    problems.push(
      `${fileOf(dispatch)} binds the service "${service}", but the receiver is "${receiver.name}".`,
    );
  return [...problems, ...untaken(workers), ...mistakable(workers)];
}

const producersOf = ({ config }) =>
  (config.queues?.producers ?? []).filter(({ queue }) => Boolean(queue));

/**
 * Returns the queues that dispatch does not take, although a Worker sends to them.
 *
 * @param {any[]} workers
 */
function untaken([receiver, dispatch]) {
  const taken = consumedBy(dispatch);
  const of = (worker, sender) =>
    producersOf(worker)
      .filter(({ queue }) => !taken.includes(queue))
      .map(
        ({ binding, queue }) =>
          `${sender} sends ${binding} to the queue "${queue}", which dispatch does not take: ${fileOf(dispatch)} names its queues.`,
      );
  return [...of(receiver, "The receiver"), ...of(dispatch, "dispatch")];
}

/**
 * Returns the queues that dispatch would take for another one: it knows each by the end of its name.
 *
 * @param {any[]} workers
 */
function mistakable([receiver, dispatch]) {
  const { consumers = [] } = dispatch.config.queues ?? {};
  const taken = consumedBy(dispatch);
  const ends = new Map([
    ...[receiver, dispatch]
      .flatMap(producersOf)
      .map(({ binding, queue }) => [queue, ENDS[binding]]),
    ...consumers.map(({ dead_letter_queue: queue }) => [queue, DEAD_LETTERS]),
  ]);
  return [...ends]
    .filter(([queue, end]) => taken.includes(queue) && endOf(queue) !== end)
    .map(([queue, end]) => {
      const rule = end
        ? `must end with "${end}"`
        : `must not end with "${endOf(queue)}", since it has the events`;
      return `The name of the queue "${queue}" ${rule}: dispatch knows each of its queues by the end of its name.`;
    });
}

/** Queues without a name would get one from wrangler, which only that Worker knows. */
const unnamed = (workers) =>
  workers.flatMap((worker) =>
    (worker.config.queues?.producers ?? [])
      .filter(({ queue }) => !queue)
      .map(({ binding }) => `${fileOf(worker)} gives ${binding} no queue.`),
  );

export const fileOf = ({ folder }) => join(folder, "wrangler.toml");
