// The server of all endpoints of the run. It remembers each request in few bytes.
import { once } from "node:events";
import http from "node:http";
import { isSigned } from "../../support/endpoint.js";
import { answer, isSuccess, wayOf } from "./answers.js";

/**
 * Starts it. `gone` is how often an endpoint answers 410. An endpoint at a path of `dead` always does. `epoch` is a function that returns
 * how often dispatch has come back from a death.
 */
export async function startInbox({ gone, dead, epoch }) {
  const inbox = new Inbox();
  const server = http.createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const nth = inbox.note(request, body, epoch());
    const path = request.url;
    const way = dead.includes(path)
      ? "gone"
      : wayOf(path, request.headers["webhook-id"], nth, gone);
    inbox.answered(path, body, way);
    await answer(way, request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  inbox.pair = `127.0.0.1:${server.address().port}`;
  inbox.stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return inbox;
}

class Inbox {
  /** The secret of the endpoint at each path. */
  secrets = new Map();
  /** The requests that are not signed with it. */
  unsigned = 0;
  count = 0;
  ways = {};
  /** By path and event: the epoch of each request, and whether one was answered well. */
  #messages = new Map();

  /** Notes a request. Returns which it is of its message. */
  note({ url: path, headers }, body, epoch) {
    this.count += 1;
    if (!this.secrets.has(path) || !isSigned({ headers, body }, this.secrets.get(path)))
      this.unsigned += 1;
    const message = this.#messages.get(keyOf(path, body)) ?? { epochs: [], hasSucceeded: false };
    this.#messages.set(keyOf(path, body), message);
    return message.epochs.push(epoch);
  }

  answered(path, body, way) {
    this.ways[way] = (this.ways[way] ?? 0) + 1;
    if (isSuccess(way)) this.#messages.get(keyOf(path, body)).hasSucceeded = true;
  }

  /** Returns the requests of an event at a path: the epoch of each, and whether one was answered well. */
  of = (path, id) => this.#messages.get(`${path} ${id}`) ?? { epochs: [], hasSucceeded: false };

  /** The paths and events of all requests. */
  keys = () => [...this.#messages.keys()];
}

function keyOf(path, body) {
  try {
    return `${path} ${JSON.parse(body).id}`;
  } catch {
    return `${path} without an event`;
  }
}
