// UP42's API for webhooks: docs.up42.com, "Webhooks". Its answers have `data` and `error`; that of a test has neither.
import { Failure, ONLINE, PATIENCE_MS, unreachable } from "../failure.js";
import { retryAfter } from "../retry-after.js";
import { hide } from "../secrets.js";
import { tokenOf } from "./view.js";

const API = "https://api.up42.com";
const TRIES = 3;
const MAX_WAIT_S = 60;

export class Up42 {
  #base;
  #workspace;
  #fetchToken;
  #token;
  /** Texts that no error repeats. */
  #hidden = new Set();

  /** `fetchToken` logs in, and returns a token. */
  constructor(workspace, fetchToken, env = process.env) {
    this.#base = env.UP42_API_URL || API;
    this.#workspace = workspace;
    this.#fetchToken = fetchToken;
  }

  events = () => this.#ask("GET", "/webhooks/events");
  list = async () => (await this.#ask("GET", this.#path())).map(this.#webhook);
  get = async (id) => this.#webhook(await this.#ask("GET", this.#path(id)));
  create = async (webhook) => this.#webhook(await this.#ask("POST", this.#path(), webhook));
  /** Replaces a webhook as a whole: what is left out is set to a default of UP42's. */
  update = async (id, webhook) => this.#webhook(await this.#ask("PUT", this.#path(id), webhook));
  delete = (id) => this.#ask("DELETE", this.#path(id));
  /** Has UP42 send its test deliveries. */
  test = (id) => this.#ask("POST", `${this.#path(id)}/tests`);

  /** Keeps these texts out of what is printed. */
  hide(...texts) {
    for (const text of texts.filter(Boolean)) this.#hidden.add(text);
  }

  /** Returns a text without them. */
  shown = (text) => hide(text, [...this.#hidden]);

  /** Returns a webhook with its events one by one: the documentation has several in one text. Hides its secret and its token. */
  #webhook = (answer) => {
    const { secret, url, events = [] } = answer;
    this.hide(secret, tokenOf(url));
    return { ...answer, events: events.flatMap((text) => text.split(/\s*,\s*/)).filter(Boolean) };
  };

  #path(id) {
    const webhooks = `/workspaces/${encodeURIComponent(this.#workspace)}/webhooks`;
    return id === undefined ? webhooks : `${webhooks}/${encodeURIComponent(id)}`;
  }

  async #ask(method, path, body) {
    let isRenewed = this.#token === undefined;
    this.#token ??= await this.#fetchToken();
    for (let tried = 1; ; tried += 1) {
      const response = await this.#send(method, path, body);
      if (response.status === 401 && !isRenewed) {
        await response.body?.cancel();
        isRenewed = true;
        this.#token = await this.#fetchToken();
        continue;
      }
      const wait = tried < TRIES ? waitOf(response) : undefined;
      if (wait === undefined) return this.#result(method, path, response);
      await response.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }

  async #send(method, path, body) {
    const headers = new Headers({ authorization: `Bearer ${this.#token}` });
    if (body !== undefined) headers.set("content-type", "application/json");
    try {
      return await fetch(`${this.#base}${path}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch (error) {
      const advice = method === "GET" ? ONLINE : `${ONLINE} ${MAYBE}`;
      throw unreachable(new URL(this.#base).origin, error, advice);
    }
  }

  async #result(method, path, response) {
    const answer = await response.json().catch(() => undefined);
    const error = answer?.error ?? undefined;
    if (response.ok && error === undefined) return answer?.data ?? answer;
    const said = typeof error === "string" ? error : (error?.message ?? answer?.message);
    const text = typeof said === "string" ? ` (${this.shown(said).slice(0, 200)})` : "";
    const code = CODES[response.status] ?? "up42_failed";
    throw new Failure(
      code,
      `UP42 answered ${method} ${path} with ${response.status}${text}.\n${ADVICE[code]}`,
    );
  }
}

const MAYBE = "UP42 may have done it anyway: list shows it.";

/** Returns the seconds that UP42 asks to wait for; undefined if it does not. */
function waitOf(response) {
  const seconds = response.status === 429 ? retryAfter(response) : undefined;
  return seconds !== undefined && seconds <= MAX_WAIT_S ? seconds : undefined;
}

const CODES = {
  400: "refused",
  401: "not_permitted",
  403: "not_permitted",
  404: "not_found",
  422: "refused",
};

const ADVICE = {
  refused: "Look at the address, the name and the events.",
  not_permitted: "Check that the user belongs to the workspace.",
  not_found:
    "There is no such webhook, or no such workspace: list shows the webhooks of a workspace.",
  up42_failed: "Try again later; status.up42.com may say more.",
};
