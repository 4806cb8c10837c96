// A server of this machine's that takes what dispatch posts to an endpoint.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { Journal } from "./journal.js";

/**
 * Starts it. `answer` makes the answer of a request: a status, or an object of `status`, `headers` and `body`, or a promise of one of them; null for
 * none at all.
 */
export async function startEndpoint(answer = () => 204) {
  const inbox = new Journal("request");
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const { method, url: path, headers } = request;
    const bytes = Buffer.concat(pieces);
    const taken = { method, path, headers, body: bytes.toString() };
    // A test that fails does not print them.
    Object.defineProperty(taken, "bytes", { value: bytes });
    inbox.add(taken);
    const given = await answer(taken, inbox.entries.length);
    if (given === null) return;
    const {
      status,
      headers: more = {},
      body = "",
    } = typeof given === "number" ? { status: given } : given;
    response.writeHead(status, more).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const pair = `127.0.0.1:${server.address().port}`;
  return {
    pair,
    url: `http://${pair}/hook`,
    inbox,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Whether a request is signed with a secret, as the specification of Standard Webhooks says. */
export function isSigned({ headers, body }, secret) {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const tag = `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
  return headers["webhook-signature"].split(" ").includes(tag);
}
