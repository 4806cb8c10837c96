// The libraries of Standard Webhooks and of Svix.
import { Webhook } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { WHSEC } from "./deliveries.js";

const webhook = new Webhook(WHSEC);
const svix = new Svix(WHSEC);
const VERIFY_ONLY = { jsonParse: false };

export const standardWebhooks = [
  {
    name: "standardwebhooks",
    scheme: "standard",
    how: "`new Webhook(secret)` once, `verify` with `jsonParse: false`",
    call: ({ headers, body }) => webhook.verify(body, headers, VERIFY_ONLY),
    refuses: "throws",
  },
  {
    name: "svix",
    scheme: "standard",
    parses: true,
    how: "`new Webhook(secret)` once, `verify`; it carries a `standardwebhooks` of its own, which always parses",
    call: ({ headers, body }) => svix.verify(body, headers),
    refuses: "throws",
  },
];
