import { receiveRequest } from "orderhook";
import { accountOf, answer } from "./answer.js";

Bun.serve({
  hostname: "127.0.0.1",
  port: Bun.env.PORT,
  fetch: async (request) =>
    new Response(await answer(() => receiveRequest(request, accountOf(request.url)))),
});
