// A server of the test's own in the place of somebody's API.
import { once } from "node:events";
import http from "node:http";

/** A server on a port that is free. A class that extends it has `serve`, which answers a request with its body. */
export class ApiServer {
  #server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    await this.serve(request, response, Buffer.concat(pieces));
  });

  async listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
