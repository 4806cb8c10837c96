// UP42's API for webhooks, and its log-in, as docs.up42.com describes them. They replace the real ones, which tests cannot reach.
import { randomUUID } from "node:crypto";
import { ApiServer } from "./api-server.js";

export const USER = { username: "ada@example.com", password: "up42-password-58fa21" };
export const WORKSPACE = "8c1f3a2e-5a3b-4b7c-9d1e-2f4a6b8c0d1e";

const EVENTS = [
  {
    name: "job.status",
    title: "Job Status Updates",
    category: "job",
    description: "Sent when job/task status is updated",
    documentation: "https://docs.up42.com/developers/",
  },
  {
    name: "order.status",
    title: "Order Status Updates",
    category: "order",
    description: "Sent when order status is updated",
    documentation: "https://docs.up42.com/developers/",
  },
];

const failed = (status, message, headers = {}) => ({
  status,
  headers,
  body: { data: null, error: { code: status, message, details: null } },
});
const data = (data, status = 200) => ({ status, body: { data, error: null } });

export class Up42Api extends ApiServer {
  webhooks = new Map();
  /** The requests, in order: the method, and the path without the workspace. */
  asked = [];
  logins = 0;
  /** Returns the status with which the receiver answers a delivery of the webhook's. */
  receiver = () => 202;
  #tokens = new Set();
  #answers = [];

  /** The variables that lead the command here. */
  get environment() {
    const base = this.origin;
    return {
      UP42_API_URL: base,
      UP42_AUTH_URL: `${base}/token`,
      UP42_USERNAME: USER.username,
      UP42_PASSWORD: USER.password,
      UP42_WORKSPACE: WORKSPACE,
    };
  }

  reset() {
    this.webhooks.clear();
    this.asked = [];
    this.logins = 0;
    this.receiver = () => 202;
    this.before = () => {};
    this.#answers = [];
    this.#tokens.clear();
  }

  /** Ends every token, as five minutes do. */
  expire = () => this.#tokens.clear();

  /** Replaces the answer to the next request of a method and path. */
  answer = (request, status, message, headers) =>
    this.#answers.push({ request, answer: failed(status, message, headers) });

  /** Runs before a request is answered. */
  before = () => {};

  add(webhook) {
    const id = randomUUID();
    const now = "2026-11-30T02:17:11.377149Z";
    this.webhooks.set(id, {
      id,
      secret: "",
      active: false,
      createdAt: now,
      updatedAt: now,
      ...webhook,
    });
    return this.webhooks.get(id);
  }

  serve(request, response, sent) {
    const { status, headers = {}, body: answer } = this.#answer(request, sent.toString());
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(answer === undefined ? undefined : JSON.stringify(answer));
  }

  #answer({ method, url, headers }, body) {
    if (url === "/token") return this.#login(new URLSearchParams(body));
    const path = url.replace(`/workspaces/${WORKSPACE}`, "");
    const asked = `${method} ${path}`;
    this.before(asked);
    this.asked.push(asked);
    if (!this.#tokens.has(headers.authorization)) return failed(401, "Unauthorized");
    const at = this.#answers.findIndex(({ request }) => asked.startsWith(request));
    if (at >= 0) return this.#answers.splice(at, 1)[0].answer;
    if (asked === "GET /webhooks/events") return data(EVENTS);
    if (url === path) return failed(404, "Not found");
    return this.#webhooks(method, path, body === "" ? undefined : JSON.parse(body));
  }

  #login(form) {
    this.logins += 1;
    const isRight =
      form.get("grant_type") === "password" &&
      form.get("client_id") === "up42-api" &&
      form.get("username") === USER.username &&
      form.get("password") === USER.password;
    if (!isRight)
      return {
        status: 401,
        body: { error: "invalid_grant", error_description: "Invalid user credentials" },
      };
    const token = `up42-token-${randomUUID()}`;
    this.#tokens.add(`Bearer ${token}`);
    return { status: 200, body: { access_token: token, expires_in: 300, token_type: "Bearer" } };
  }

  #webhooks(method, path, sent) {
    const [, id, tests] = path.match(/^\/webhooks(?:\/([\w-]+)(\/tests)?)?$/) ?? [];
    if (id === undefined)
      return method === "POST" ? data(this.add(sent), 201) : data([...this.webhooks.values()]);
    const webhook = this.webhooks.get(id);
    if (!webhook) return failed(404, `Webhook ${id} was not found`);
    if (tests) return { status: 200, body: this.#test(webhook) };
    if (method === "DELETE") return this.webhooks.delete(id) && { status: 204 };
    // What is not sent is set to its default.
    if (method === "PUT") this.webhooks.set(id, { ...webhook, secret: "", active: false, ...sent });
    return data(this.webhooks.get(id));
  }

  #test(webhook) {
    const startedAt = "2026-11-30T02:20:52.266344Z";
    const tests = webhook.events.map((eventName) => {
      const status = this.receiver(webhook);
      const success = status >= 200 && status < 300;
      const message = success
        ? "Test request was successful!"
        : `Test request to ${webhook.url} failed!`;
      const request = { headers: { caseInsensitiveName: true, empty: false }, body: {} };
      const response = `HttpResponse[${webhook.url}, ${status}]`;
      return { startedAt, eventName, success, message, request, response };
    });
    const testsSucceeded = tests.filter(({ success }) => success).length;
    const testsFailed = tests.length - testsSucceeded;
    return { startedAt, testsRun: tests.length, testsSucceeded, testsFailed, tests };
  }
}
