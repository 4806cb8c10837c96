// Cloudflare's API, as far as wrangler and `npm run deploy` use it to deploy and remove Workers. It replaces the real one, which tests cannot reach.
import { randomBytes } from "node:crypto";
import { ApiServer } from "./api-server.js";

export const TOKEN = "cf-token-8d1f60b2c9a7";
export const ACCOUNT = "fedcba9876543210fedcba9876543210";
export const SUBDOMAIN = "shop";

const problem = (status, code, message) => ({ status, errors: [{ code, message }], result: null });
const NO_WORKER = problem(404, 10007, "This Worker does not exist on your account.");
const NO_QUEUE = problem(404, 11000, "Queue does not exist");
const id = () => randomBytes(16).toString("hex");

export class CloudflareApi extends ApiServer {
  accounts = [{ id: ACCOUNT, name: "Shop" }];
  queues = new Map();
  /** The ids of the namespaces, by title. */
  namespaces = new Map();
  /** By name: `bindings`, `files` and the `headers` of these in the last upload; `secrets`; and the number of `uploads`. */
  workers = new Map();
  /** The lists of files, by the token that an upload names them with. */
  files = new Map();
  /** The number of messages in a queue, and of keys in a namespace, by its name. */
  counts = new Map();
  /** The number of Durable Objects with data, by the Worker's name and then by class. */
  objects = new Map();
  /** The requests that change something, in order, without their bodies. */
  changes = [];
  /** The requests that it has no answer for. */
  unknown = [];
  /** Runs before a change is carried out. */
  before = () => {};
  #failures = [];

  get base() {
    return `${this.origin}/client/v4`;
  }

  reset() {
    this.accounts.splice(1);
    const { queues, namespaces, workers, files, counts, objects } = this;
    for (const all of [queues, namespaces, workers, files, counts, objects]) all.clear();
    this.changes = [];
    this.unknown = [];
    this.#failures = [];
  }

  /** Answers the next change of this name with an error: it is not carried out. */
  fail(change, answer = problem(400, 10999, "It does not want to")) {
    this.#failures.push({ change, answer });
  }

  /** Adds a queue that another Worker consumes. */
  addQueue(name, ...consumers) {
    const queue = { queue_id: id(), queue_name: name, consumers: [], producers: [] };
    for (const script of consumers)
      queue.consumers.push({ consumer_id: id(), type: "worker", script });
    this.queues.set(name, queue);
    return queue;
  }

  consumers = (name) => this.queues.get(name)?.consumers.map(({ script }) => script);
  secrets = (name) => this.workers.get(name)?.secrets;

  async serve(request, response, sent) {
    const answer = await this.#answer(request, sent);
    const { status = 200, errors = [], result = null, isEmpty = false } = answer;
    if (isEmpty) return response.end();
    const page = Array.isArray(result)
      ? {
          result_info: {
            page: 1,
            per_page: 100,
            count: result.length,
            total_count: result.length,
            total_pages: 1,
          },
        }
      : {};
    response.writeHead(status, { "content-type": "application/json" });
    const body = { success: errors.length === 0, errors, messages: [], result, ...page };
    response.end(JSON.stringify(body));
  }

  async #answer({ method, url, headers }, body) {
    if (headers.authorization !== `Bearer ${TOKEN}`)
      return problem(403, 10000, "Authentication error");
    const { pathname, searchParams } = new URL(url, "http://api");
    const path = pathname.replace("/client/v4", "");
    if (path === "/accounts") return { result: this.accounts };
    const [, account, rest] = path.match(/^\/accounts\/([^/]+)(\/.*)$/) ?? [];
    const found =
      account === ACCOUNT && ROUTES.find(([of, pattern]) => of === method && pattern.test(rest));
    if (!found) {
      this.unknown.push(`${method} ${path}`);
      return problem(404, 7003, "No route for the URI");
    }
    const [, pattern, handle] = found;
    const parts = rest.match(pattern).slice(1).map(decodeURIComponent);
    return (
      this.#refused(method, rest) ??
      handle(this, ...parts, { body, searchParams, type: headers["content-type"] })
    );
  }

  /** Notes a change, by its method and the names in its path. Returns an answer if it is to fail. */
  #refused(method, path) {
    if (method === "GET") return undefined;
    const change = `${method} ${this.#named(path)}`;
    const at = this.#failures.findIndex((failure) => failure.change === change);
    if (at >= 0) return this.#failures.splice(at, 1)[0].answer;
    this.changes.push(change);
    this.before(change);
    return undefined;
  }

  /** Returns a path with the names of queues and namespaces in the place of their ids. */
  #named = (path) =>
    [
      ...[...this.queues.values()].map((queue) => [queue.queue_name, queue.queue_id]),
      ...this.namespaces,
    ].reduce(
      (text, [name, id]) => text.replace(id, name),
      path.replace(/\/consumers\/\w+$/, "/consumers"),
    );

  queueOf = (wanted) => [...this.queues.values()].find(({ queue_id }) => queue_id === wanted);
}

const json = ({ body }) => JSON.parse(body.toString());

/** The metadata of an uploaded Worker. */
async function metadataOf({ body, type }) {
  const form = await new Response(body, { headers: { "content-type": type } }).formData();
  const metadata = form.get("metadata");
  return JSON.parse(typeof metadata === "string" ? metadata : await metadata.text());
}

function listQueues({ queues, workers }, { searchParams }) {
  const withProducers = (queue) => ({
    ...queue,
    producers: [...queue.producers, ...boundTo(workers, queue.queue_name)],
  });
  const names = searchParams.getAll("name");
  const isWanted = ({ queue_name: name }) =>
    names.length === 0 || names.some((part) => name.includes(part));
  return { result: [...queues.values()].filter(isWanted).map(withProducers) };
}

/** Returns the Workers that are bound to a queue. */
const boundTo = (workers, queue) =>
  [...workers]
    .filter(([, { bindings }]) =>
      bindings.some((binding) => binding.type === "queue" && binding.queue_name === queue),
    )
    .map(([script]) => ({ type: "worker", script }));

function createQueue(api, request) {
  const { queue_name: name } = json(request);
  if (api.queues.has(name)) return problem(409, 11009, "Queue name is already taken");
  return { result: api.addQueue(name) };
}

function addConsumer(api, queueId, request) {
  const { script_name: script } = json(request);
  const queue = api.queueOf(queueId);
  if (queue.consumers.length > 0) return problem(400, 11004, "Queue already has a consumer");
  queue.consumers.push({ consumer_id: id(), type: "worker", script });
  return { result: {} };
}

function removeConsumer(api, queueId, consumerId) {
  const queue = api.queueOf(queueId);
  const at = queue?.consumers.findIndex(({ consumer_id }) => consumer_id === consumerId) ?? -1;
  if (at < 0) return NO_QUEUE;
  queue.consumers.splice(at, 1);
  return { result: null };
}

function deleteQueue({ queues, workers, queueOf }, queueId) {
  const queue = queueOf(queueId);
  if (!queue) return NO_QUEUE;
  const { queue_name: name, producers } = queue;
  if (producers.length + boundTo(workers, name).length > 0)
    return problem(400, 11005, "Queue is in use by a Worker binding");
  queues.delete(name);
  return { result: null };
}

const metrics = ({ counts, queueOf }, queueId) => {
  const count = counts.get(queueOf(queueId)?.queue_name);
  return count === undefined ? NO_QUEUE : { result: { backlog_count: count, backlog_bytes: 0 } };
};

const titleOf = ({ namespaces }, wanted) =>
  [...namespaces].find(([, namespace]) => namespace === wanted)?.[0];

const listKeys = (api, namespace) => ({
  result: Array.from({ length: api.counts.get(titleOf(api, namespace)) ?? 0 }, (_, at) => ({
    name: `key-${at}`,
  })),
});

function deleteNamespace(api, namespace) {
  const title = titleOf(api, namespace);
  if (title === undefined) return problem(404, 10013, "namespace not found");
  api.namespaces.delete(title);
  return { result: null };
}

/** Refuses a Worker that consumes a queue, and without `force` one that others are bound to, or that has objects. */
function deleteWorker({ queues, workers, objects }, name, { searchParams }) {
  if (!workers.has(name)) return NO_WORKER;
  const consumers = [...queues.values()].flatMap((queue) => queue.consumers);
  if (consumers.some(({ script }) => script === name))
    return problem(400, 10064, "script still in use as a consumer for a queue");
  const isBound = [...workers].some(([other, { bindings }]) =>
    bindings.some((binding) => other !== name && binding.service === name),
  );
  if ((isBound || objects.has(name)) && searchParams.get("force") !== "true")
    return problem(400, 10065, "script is referenced by a binding");
  workers.delete(name);
  objects.delete(name);
  return { isEmpty: true };
}

const listClasses = ({ objects }) => ({
  result: [...objects].flatMap(([script, classes]) =>
    Object.keys(classes).map((name) => ({
      ...{ id: `${script}_${name}`, name: `${script}_${name}` },
      ...{ script, class: name, use_sqlite: true },
    })),
  ),
});

/** Lists objects with data, and one without. */
function listObjects({ objects }, id) {
  const [script, name] = id.split("_");
  const found = Array.from({ length: objects.get(script)[name] }, (_, at) => ({
    ...{ id: String(at), hasStoredData: true },
  }));
  return { result: [...found, { id: "empty", hasStoredData: false }] };
}

const listNamespaces = ({ namespaces }) => ({
  result: [...namespaces].map(([title, id]) => ({ id, title })),
});

function createNamespace({ namespaces }, request) {
  const { title } = json(request);
  if (namespaces.has(title)) return problem(400, 10014, "a namespace with this title exists");
  namespaces.set(title, id());
  return { result: { id: namespaces.get(title), title } };
}

function service({ workers }, name) {
  if (!workers.has(name)) return problem(404, 10090, "This Worker does not exist on your account.");
  const script = { tag: name, tags: [], last_deployed_from: "wrangler" };
  return { result: { id: name, default_environment: { environment: "production", script } } };
}

const settings = ({ workers }, name) =>
  workers.has(name) ? { result: { bindings: workers.get(name).bindings } } : NO_WORKER;

const listSecrets = ({ workers }, name) =>
  workers.has(name)
    ? {
        result: [...workers.get(name).secrets.keys()].map((name) => ({
          name,
          type: "secret_text",
        })),
      }
    : NO_WORKER;

function setSecrets({ workers }, name, request) {
  if (!workers.has(name)) return NO_WORKER;
  for (const { name: secret, text } of Object.values(json(request).secrets))
    workers.get(name).secrets.set(secret, text);
  return { result: {} };
}

const ownSubdomain = ({ workers }, name) =>
  workers.has(name) ? { result: { enabled: true, previews_enabled: false } } : NO_WORKER;

const subdomainOf = ({ workers }, name) =>
  workers.has(name)
    ? {
        result: {
          name,
          subdomain: {
            enabled: true,
            previews_enabled: false,
            url: `https://${name}.${SUBDOMAIN}.workers.dev`,
          },
        },
      }
    : NO_WORKER;

/** Takes the list of a Worker's files. It has all of them already: wrangler uploads none. */
function listFiles({ files }, _, request) {
  const manifest = Object.keys(json(request).manifest);
  const jwt = id();
  files.set(jwt, manifest);
  return { result: { jwt, buckets: [] } };
}

/** Takes a Worker whose namespaces, queues and services are there. */
async function upload(api, name, request) {
  const { bindings = [], assets } = await metadataOf(request);
  const wrong = bindings.find((binding) => !isThere(api, name, binding));
  if (wrong) return problem(400, 10041, `binding ${wrong.name} of type ${wrong.type} is not valid`);
  const old = api.workers.get(name) ?? { secrets: new Map(), uploads: 0 };
  const files = api.files.get(assets?.jwt) ?? [];
  const { _headers: headers } = assets?.config ?? {};
  api.workers.set(name, { ...old, bindings, files, headers, uploads: old.uploads + 1 });
  const result = { id: name, etag: id(), tag: name, deployment_id: id(), startup_time_ms: 20 };
  return { result };
}

function isThere({ queues, namespaces, workers }, name, binding) {
  const { type, namespace_id: namespace, queue_name: queue, service } = binding;
  if (type === "kv_namespace") return [...namespaces.values()].includes(namespace);
  if (type === "queue") return queues.has(queue);
  if (type === "service") return service === name || workers.has(service);
  return true;
}

/** The answers, by method and path. */
const ROUTES = [
  ["GET", /^\/queues$/, listQueues],
  ["POST", /^\/queues$/, createQueue],
  ["POST", /^\/queues\/(\w+)\/consumers$/, addConsumer],
  ["PUT", /^\/queues\/(\w+)\/consumers\/(\w+)$/, () => ({ result: {} })],
  ["DELETE", /^\/queues\/(\w+)\/consumers\/(\w+)$/, removeConsumer],
  ["DELETE", /^\/queues\/(\w+)$/, deleteQueue],
  ["GET", /^\/queues\/(\w+)\/metrics$/, metrics],
  ["GET", /^\/storage\/kv\/namespaces\/(\w+)\/keys$/, listKeys],
  ["DELETE", /^\/storage\/kv\/namespaces\/(\w+)$/, deleteNamespace],
  ["DELETE", /^\/workers\/scripts\/([^/]+)$/, deleteWorker],
  ["GET", /^\/workers\/durable_objects\/namespaces$/, listClasses],
  ["GET", /^\/workers\/durable_objects\/namespaces\/([^/]+)\/objects$/, listObjects],
  ["GET", /^\/storage\/kv\/namespaces$/, listNamespaces],
  ["POST", /^\/storage\/kv\/namespaces$/, createNamespace],
  ["GET", /^\/workers\/subdomain$/, () => ({ result: { subdomain: SUBDOMAIN } })],
  ["GET", /^\/workers\/services\/([^/]+)$/, service],
  ["GET", /^\/workers\/workers\/([^/]+)$/, subdomainOf],
  ["GET", /^\/workers\/scripts\/([^/]+)\/settings$/, settings],
  ["GET", /^\/workers\/scripts\/([^/]+)\/secrets$/, listSecrets],
  ["PATCH", /^\/workers\/scripts\/([^/]+)\/secrets-bulk$/, setSecrets],
  ["GET", /^\/workers\/scripts\/([^/]+)\/deployments$/, () => ({ result: { deployments: [] } })],
  ["GET", /^\/workers\/scripts\/([^/]+)\/versions$/, () => ({ result: { items: [] } })],
  ["GET", /^\/workers\/scripts\/([^/]+)\/subdomain$/, ownSubdomain],
  ["POST", /^\/workers\/scripts\/([^/]+)\/subdomain$/, ownSubdomain],
  ["POST", /^\/workers\/scripts\/([^/]+)\/assets-upload-session$/, listFiles],
  ["PUT", /^\/workers\/scripts\/([^/]+)\/schedules$/, () => ({ result: { schedules: [] } })],
  ["PUT", /^\/workers\/scripts\/([^/]+)$/, upload],
];
