// What the account at Cloudflare has, and what it is missing.
import { call } from "../../pkg/cli/cloudflare/api.js";
import { atCloudflare } from "../../pkg/cli/cloudflare/login.js";
import { root } from "../setup.js";

const PERMISSION = "Workers Scripts, Workers KV Storage and Queues: Edit";
const PAGE = 100;

/** The entries that are counted: the API lists at most this many at once. */
const COUNTED = 1000;

/** The failures of a request for a count after which there is none: a removal does not need it. */
const UNTOLD = ["not_found", "not_permitted", "api_failed"];

/** An account's parts that a deployment needs. */
export class Account {
  #access;

  constructor(access) {
    this.#access = access;
  }

  /** Opens the account that wrangler, too, will deploy to. */
  static open = async ({ config }) =>
    new Account(
      await atCloudflare(root, config, {
        permission: PERMISSION,
        advice: { not_found: "CLOUDFLARE_ACCOUNT_ID may be another account's." },
      }),
    );

  get id() {
    return this.#access.account;
  }

  #call = (method, path, body) =>
    call(this.#access, method, `/accounts/${encodeURIComponent(this.id)}${path}`, body);

  /** Returns a queue, with its consumers; undefined if there is none of that name. */
  async queue(name) {
    const found = await this.#call("GET", `/queues?${new URLSearchParams({ page: "1", name })}`);
    return found?.find(({ queue_name }) => queue_name === name);
  }

  createQueue = (name) => this.#call("POST", "/queues", JSON.stringify({ queue_name: name }));

  /** Returns the id of the namespace with a title; undefined if there is none. */
  async namespace(title) {
    for (let page = 1; ; page += 1) {
      const query = new URLSearchParams({ page: String(page), per_page: String(PAGE) });
      const found = (await this.#call("GET", `/storage/kv/namespaces?${query}`)) ?? [];
      const own = found.find((namespace) => namespace.title === title);
      if (own || found.length < PAGE) return own?.id;
    }
  }

  async createNamespace(title) {
    const { id } = await this.#call("POST", "/storage/kv/namespaces", JSON.stringify({ title }));
    return id;
  }

  /** Returns the account's subdomain of workers.dev; undefined if it has none yet. */
  async subdomain() {
    try {
      return (await this.#call("GET", "/workers/subdomain"))?.subdomain;
    } catch (error) {
      if (error.code === "not_found") return undefined;
      throw error;
    }
  }

  /** Returns the bindings and the names of the secrets of a deployed Worker; undefined if it is not deployed. */
  async worker(name) {
    const path = `/workers/scripts/${encodeURIComponent(name)}`;
    try {
      const { bindings = [] } = await this.#call("GET", `${path}/settings`);
      const secrets = (await this.#call("GET", `${path}/secrets`)) ?? [];
      return { bindings, secrets: secrets.map((secret) => secret.name) };
    } catch (error) {
      if (error.code === "not_found") return undefined;
      throw error;
    }
  }

  /** Returns how many messages a queue has, by its id; undefined if the API does not say. */
  backlog = (queue) =>
    this.#told(async () => (await this.#call("GET", `/queues/${queue}/metrics`))?.backlog_count);

  /** Returns how many keys a namespace has, up to a thousand; undefined if the API does not say. */
  keys = (namespace) =>
    this.#told(async () => {
      const path = `/storage/kv/namespaces/${namespace}/keys?limit=${COUNTED}`;
      return (await this.#call("GET", path))?.length;
    });

  /**
   * Returns how many Durable Objects of a Worker hold data, up to a thousand, by their classes; an
   * empty list if the API does not say.
   *
   * @returns {Promise<{ kind: string, count: number }[]>}
   */
  async objects(script) {
    const objects = "/workers/durable_objects/namespaces";
    const all = await this.#told(() => this.#call("GET", `${objects}?per_page=${COUNTED}`));
    const counts = [];
    for (const { id, class: kind } of (all ?? []).filter((own) => own.script === script)) {
      const path = `${objects}/${id}/objects?limit=${COUNTED}`;
      const found = await this.#told(() => this.#call("GET", path));
      if (found) counts.push({ kind, count: found.filter((each) => each.hasStoredData).length });
    }
    return counts;
  }

  async #told(asking) {
    try {
      return await asking();
    } catch (error) {
      if (UNTOLD.includes(error.code)) return undefined;
      throw error;
    }
  }

  /** Deletes a Worker, its secrets and its Durable Objects, also if another Worker binds it. */
  deleteWorker = (name) =>
    this.#delete(
      `/workers/scripts/${encodeURIComponent(name)}?${new URLSearchParams({ force: "true" })}`,
    );

  removeConsumer = (queue, consumer) => this.#delete(`/queues/${queue}/consumers/${consumer}`);

  deleteQueue = (queue) => this.#delete(`/queues/${queue}`);

  deleteNamespace = (namespace) => this.#delete(`/storage/kv/namespaces/${namespace}`);

  /** Deletes what is there. An earlier removal may have deleted it. */
  async #delete(path) {
    try {
      await this.#call("DELETE", path);
    } catch (error) {
      if (error.code !== "not_found") throw error;
    }
  }
}
