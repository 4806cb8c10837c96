// By name: a bundler leaves out what it thinks nobody needs, and must not leave out the loading.
import { WebhookError, init, receive, verify } from "orderhook";
import { answers } from "./answers.js";

export default {
  async fetch(request) {
    await init();
    return Response.json(answers({ WebhookError, receive, verify }, await request.json()));
  },
};
