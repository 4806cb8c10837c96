// A sender of webhooks by hand, with the library of Standard Webhooks: it keeps nothing, and tries nothing again.
import { Webhook } from "standardwebhooks";
import { WHSEC } from "./deliveries.js";

/** The posts at a time. */
const BESIDE = 10;

/** Signs and posts events. */
export async function send(url, events) {
  const webhook = new Webhook(WHSEC);
  const left = events.map((event, n) => [`msg_${n}`, JSON.stringify(event)]);
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop())
      await post(webhook, url, ...next);
  };
  await Promise.all(Array.from({ length: BESIDE }, work));
}

async function post(webhook, url, id, body) {
  const now = new Date();
  const headers = {
    "content-type": "application/cloudevents+json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": webhook.sign(id, now, body),
  };
  const answer = await fetch(url, { method: "POST", headers, body });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(String(answer.status));
}
