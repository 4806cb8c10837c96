// By name: a bundler leaves out what it thinks nobody needs, and must not leave out the loading.
import { WebhookError, explain, init, receive, verify } from "orderhook";
import { answers } from "./answers.js";

export default {
  async fetch(request) {
    await init();
    const given = await answers({ WebhookError, explain, receive, verify }, await request.json());
    return Response.json(given);
  },
};
