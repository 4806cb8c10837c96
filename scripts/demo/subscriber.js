// The systems of the shop that get events: a small server of this machine, with an endpoint that
// works and one that breaks.
import { once } from "node:events";
import http from "node:http";
import { Stop } from "../lib/command.js";

const SHOP = "/shop";
const ACCOUNTING = "/accounting";

/** The posts that the broken endpoint answers with 500. Then it answers 410. */
const FAILURES = 4;

export class Subscriber {
  #verifier;
  #server = http.createServer((request, response) => this.#take(request, response));
  #failed;
  /** The ids of the messages that the shop has got, and the numbers of posts and of wrong ones. */
  messages = new Set();
  posts = 0;
  unverified = 0;
  /** The answers of the broken endpoint, by status. */
  answers = new Map();

  /** @param {(text: string) => void} failed takes what the broken endpoint answered */
  constructor(failed) {
    this.#failed = failed;
  }

  /** Listens on an address such as 127.0.0.1:8790. */
  async listen(pair) {
    const [host, port] = pair.split(":");
    this.#server.listen(Number(port), host);
    try {
      await once(this.#server, "listening");
    } catch (error) {
      throw new Stop(`The demo cannot take events on ${pair}: ${error.code}.`);
    }
    const { port: own } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    const origin = `http://${host}:${own}`;
    return { shop: `${origin}${SHOP}`, accounting: `${origin}${ACCOUNTING}` };
  }

  /** Verifies what the shop gets from now on, with the secret of its endpoint. */
  async trust(secret) {
    const { Verifier } = await import("../../pkg/dist/node.js");
    this.#verifier = new Verifier({ provider: "standard-webhooks", secrets: secret });
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const takers = { [SHOP]: this.#shop, [ACCOUNTING]: this.#accounting };
    const status = takers[request.url]?.(request.headers, Buffer.concat(pieces)) ?? 404;
    response.writeHead(status).end();
  }

  #shop = (headers, body) => {
    this.posts += 1;
    try {
      this.#verifier.verify({ headers, body });
    } catch {
      this.unverified += 1;
      return 401;
    }
    this.messages.add(headers["webhook-id"]);
    return 204;
  };

  #accounting = () => {
    const status = (this.answers.get(500) ?? 0) < FAILURES ? 500 : 410;
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    this.#failed(status);
    return status;
  };
}
