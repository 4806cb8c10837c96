// Cloudflare's API for the two queues on this machine, as far as api.js uses it.
import { once } from "node:events";
import http from "node:http";
import { json } from "node:stream/consumers";
import { LOCAL_ACCOUNT } from "./access.js";

/** Returns the API's handlers for the dead-letter queue, by method and the path after the queue's name. */
const ofDeadLetters = (store) => ({
  "GET /metrics": () => ({
    backlog_count: store.count,
    backlog_bytes: 0,
    oldest_message_timestamp_ms: 0,
  }),
  "POST /messages/peek": ({ batch_size = 5 }) => ({
    messages: store.first(batch_size).map(peeked),
  }),
  "POST /messages/purge": ({ refs }) => {
    const missing = refs.filter(({ ref }) => !store.remove(ref));
    return {
      errors: [],
      warnings: Object.fromEntries(missing.map(({ ref }) => [ref, "there is no such message"])),
    };
  },
});

/** Returns the same of the queue of events. */
const ofEvents = (name, send, isConsumed) => ({
  // A local queue without a consumer discards its messages, and reports success.
  "POST /messages/batch": async ({ messages }) => {
    if (!isConsumed()) throw new Refusal(503, `no Worker that runs here consumes ${name}`);
    await send(messages.map(({ body, content_type }) => ({ body, contentType: content_type })));
    return null;
  },
});

const peeked = ({ text, type, ...message }) => ({
  ...message,
  body: Buffer.from(text).toString("base64"),
  metadata: { "CF-Content-Type": type },
});

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Serves both queues to clients with the `token`. Returns the `base` of their addresses, and `stop`, which ends the server.
 * `store` holds the dead letters; `send` puts messages into the queue of events, if `isConsumed` says that it has a consumer.
 */
export async function serve({ names: { deadLetters, events }, store, send, isConsumed, token }) {
  const byQueue = {
    [deadLetters]: ofDeadLetters(store),
    [events]: ofEvents(events, send, isConsumed),
  };
  const root = `/client/v4/accounts/${LOCAL_ACCOUNT}/queues`;
  const names = Object.keys(byQueue);

  async function answer(request) {
    if (request.headers.authorization !== `Bearer ${token}`)
      throw new Refusal(403, "another token");
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === root) return names.map((name) => ({ queue_id: name, queue_name: name }));
    const name = names.find((name) => pathname.startsWith(`${root}/${name}/`));
    const operation =
      name && byQueue[name][`${request.method} ${pathname.slice(root.length + 1 + name.length)}`];
    if (!operation) throw new Refusal(404, "no such address");
    return operation(request.method === "POST" ? await json(request) : {});
  }

  const server = http.createServer(async (request, response) => {
    const { status, ...body } = await answer(request).then(
      (result) => ({ status: 200, success: true, errors: [], messages: [], result }),
      ({ status = 500, message }) => ({
        status,
        success: false,
        errors: [{ code: 10000, message }],
        messages: [],
        result: null,
      }),
    );
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { base: `http://127.0.0.1:${port}/client/v4`, stop };
}
