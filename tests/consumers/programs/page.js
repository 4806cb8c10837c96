// By name: a bundler leaves out what it thinks nobody needs.
import { WebhookError, explain, init, receive, verify } from "orderhook";
import { answers } from "./answers.js";

globalThis.answered = (async () => {
  const corpus = await fetch("/corpus.json");
  await init();
  return answers({ WebhookError, explain, receive, verify }, await corpus.json());
})();
