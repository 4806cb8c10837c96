import { receiveRequest } from "orderhook";
import { accountOf, answer } from "./answer.js";

export default {
  fetch: async (request) =>
    new Response(await answer(() => receiveRequest(request, accountOf(request.url)))),
};
