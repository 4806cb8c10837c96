// By name: a bundler leaves out what it thinks nobody needs, and must not leave out the loading.
import { WebhookError, explain, init, receive, receiveRequest, verify } from "orderhook";
import { answers } from "./answers.js";

const orderhook = { WebhookError, explain, receive, receiveRequest, verify };

export default {
  async fetch(request) {
    await init();
    const given = await answers(orderhook, await request.json());
    return Response.json(given);
  },
};
