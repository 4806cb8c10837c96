import { receiveRequest } from "orderhook";
import { accountOf, answer } from "./answer.js";

Deno.serve(
  { hostname: "127.0.0.1", port: Number(Deno.env.get("PORT")) },
  async (request) =>
    new Response(await answer(() => receiveRequest(request, accountOf(request.url)))),
);
