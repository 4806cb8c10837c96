import { serve } from "@hono/node-server";
import { receiveRequest } from "orderhook";
import { accountOf, answer } from "./answer.js";

const fetch = async (request) =>
  new Response(await answer(() => receiveRequest(request, accountOf(request.url))));
serve({ fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });
