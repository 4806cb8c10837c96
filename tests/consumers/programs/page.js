// By name: a bundler leaves out what it thinks nobody needs.
import { WebhookError, explain, init, receive, receiveRequest, verify } from "orderhook";
import { answers } from "./answers.js";

const orderhook = { WebhookError, explain, receive, receiveRequest, verify };

globalThis.answered = (async () => {
  const corpus = await fetch("/corpus.json");
  await init();
  return answers(orderhook, await corpus.json());
})();
