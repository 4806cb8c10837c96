// A server of the test's own in the place of KV or of a queue. The test tells it to work or to fail.
import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { Journal } from "./journal.js";

/** The modes: whether the request is carried out, and the answer that the Worker receives. */
export const MODES = {
  works: { lands: true, says: "done" },
  fails: { lands: false, says: "failed" },
  lands: { lands: true, says: "failed" },
  hangs: { lands: false, says: "nothing" },
  "lands and hangs": { lands: true, says: "nothing" },
  breaks: { lands: false, says: "broken" },
  "lands and breaks": { lands: true, says: "broken" },
};

export class StandIn {
  mode = "works";
  requests = new Journal("request");
  #servers = [];
  #kind;

  constructor(kind) {
    this.#kind = kind;
  }

  /** Listens for so many isolates, which it tells apart. */
  async listen(isolates = 1) {
    for (let isolate = 0; isolate < isolates; isolate += 1) {
      const server = http.createServer((request, response) =>
        this.#serve(request, response, isolate),
      );
      // A connection that ends while it is idle may end as a request comes: a fault that nobody has planned.
      server.keepAliveTimeout = 0;
      this.#servers.push(server.listen(0, "127.0.0.1"));
      await once(server, "listening");
    }
    return this;
  }

  /** The binding of the Worker to it: workerd lets a binding name any service. */
  get binding() {
    return this.bindings[0];
  }

  /** The bindings of the isolates. */
  get bindings() {
    const plugin = {
      package: fileURLToPath(new URL("stand-in-plugin.js", import.meta.url)),
      name: "stand-in",
    };
    return this.#servers.map((server) => {
      const address = `127.0.0.1:${server.address().port}`;
      return { type: "unsafe:stand-in", dev: { plugin, options: { kind: this.#kind, address } } };
    });
  }

  async #serve(request, response, isolate) {
    const body = await whole(request);
    // The Worker ended during the request, so it has asked for nothing.
    if (body === undefined) return;
    const { method, url, headers } = request;
    const received = { method, url: new URL(url, "http://stand-in"), headers, body, isolate };
    const { lands, says } = await this.meet(received);
    const landed = lands ? await this.handle(received) : undefined;
    this.note(received);
    if (says === "done") response.writeHead(landed.status).end(landed.body);
    // The error of a talkative service, which repeats the request.
    if (says === "failed") response.writeHead(500).end(body);
    if (says === "broken") response.destroy();
  }

  /** Returns the mode for a request, or a promise of it. */
  meet() {
    return MODES[this.mode];
  }

  note(received) {
    this.requests.add(received);
  }

  async stop() {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

function whole(request) {
  return new Promise((resolve) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => resolve(Buffer.concat(pieces)));
    request.on("error", () => resolve());
  });
}

export class KvStandIn extends StandIn {
  values = new Map();

  handle({ method, url, body }) {
    const key = decodeURIComponent(url.pathname.slice(1));
    if (method === "PUT") this.values.set(key, body);
    if (method === "GET")
      return this.values.has(key) ? { status: 200, body: this.values.get(key) } : { status: 404 };
    return { status: 200 };
  }
}

export class QueueStandIn extends StandIn {
  messages = [];

  handle({ headers, body }) {
    this.messages.push({ format: headers["x-msg-fmt"], text: body.toString() });
    return {
      status: 200,
      body: JSON.stringify({
        metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 } },
      }),
    };
  }
}

export const kvStandIn = () => new KvStandIn("kvNamespace").listen();
export const queueStandIn = () => new QueueStandIn("queue").listen();
