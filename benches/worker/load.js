// Sends prepared requests over connections that stay open, and measures the time of each. It runs on another
// core than the contestant, and has to be cheaper.
import { connect } from "node:net";
import { once } from "node:events";

const CONNECTIONS = 12;
const END_OF_HEAD = "\r\n\r\n";

/** Connections to a port. */
export class Load {
  #connections;

  static async open(port, count = CONNECTIONS) {
    const load = new Load();
    load.#connections = await Promise.all(
      Array.from({ length: count }, () => Connection.open(port)),
    );
    return load;
  }

  /** Opens connections again that workerd has closed, or is about to: it closes one that was idle for five seconds. */
  async ready() {
    await Promise.all(this.#connections.map((connection) => connection.ready()));
  }

  /** Sends them all, and checks the answers for `status`. Returns the milliseconds in all, and those of each. */
  async run(requests, status) {
    await this.ready();
    const latencies = new Float64Array(requests.length);
    let next = 0;
    const began = performance.now();
    await Promise.all(
      this.#connections.map(async (connection) => {
        while (next < requests.length) {
          const at = next++;
          latencies[at] = await connection.send(requests[at], status);
        }
      }),
    );
    return { ms: performance.now() - began, latencies };
  }

  close() {
    for (const connection of this.#connections) connection.close();
  }
}

const IDLE_MS = 3_000;

/** One connection, and the one request that it has in flight. */
export class Connection {
  #port;
  #socket;
  #answer = "";
  #waiting = null;
  #used = 0;

  static async open(port) {
    const connection = new Connection();
    connection.#port = port;
    await connection.ready();
    return connection;
  }

  async ready() {
    if (this.#socket && !this.#socket.destroyed && performance.now() - this.#used < IDLE_MS) return;
    this.#socket?.destroy();
    const socket = connect({ host: "127.0.0.1", port: this.#port, noDelay: true });
    await once(socket, "connect");
    socket.on("data", (piece) => this.#take(piece));
    socket.on("error", (error) => this.#fail(socket, error));
    socket.on("close", () =>
      this.#fail(socket, new Error("the connection was closed before its answer came")),
    );
    this.#socket = socket;
    this.#used = performance.now();
  }

  /** Resolves to the milliseconds until the answer; rejects if it has another status. */
  send(request, status) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, status, began: performance.now() };
      this.#socket.write(request);
    });
  }

  /** Sends it, and returns its answer. */
  async ask(request) {
    await this.ready();
    await this.send(request);
    const [head, body] = this.last.split(END_OF_HEAD);
    return {
      status: Number(head.slice(9, 12)),
      type: /^content-type: (.*)$/im.exec(head)?.[1],
      json: JSON.parse(body),
    };
  }

  #take(piece) {
    this.#answer += piece.latin1Slice(0, piece.length);
    const end = this.#answer.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const [, length] = /content-length: (\d+)/i.exec(this.#answer);
    if (this.#answer.length < end + END_OF_HEAD.length + Number(length)) return;
    const { resolve, reject, status, began } = this.#waiting;
    this.last = this.#answer;
    this.#answer = "";
    this.#waiting = null;
    this.#used = performance.now();
    if (status === undefined || this.last.startsWith(String(status), 9))
      resolve(this.#used - began);
    else reject(new Error(`answered with ${this.last.slice(0, 12)} in place of ${status}`));
  }

  #fail(socket, error) {
    if (socket === this.#socket) this.#waiting?.reject(error);
  }

  close() {
    this.#socket.destroy();
  }
}
