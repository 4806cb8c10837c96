// A delivery of each provider, from its page or its own test, to be verified and read.
import { readFileSync } from "node:fs";
import { arrived, SECRET, WHSEC } from "./deliveries.js";
import { receiver } from "./plain/receive.js";

const sample = (name) =>
  readFileSync(new URL(`../../tests/vectors/samples/${name}.json`, import.meta.url), "utf8");

const STANDARD = {
  type: "order.shipped",
  timestamp: "2024-11-14T12:39:13Z",
  data: { order_id: "o-1000", status: "shipped" },
};
const TOKEN = "1b22ff0e0e5a4aebd5de8a2b2c7f6a6d";
const COPIES = 16;

/** A sample. `id` is the digits that each copy replaces by others. */
const SAMPLES = [
  {
    provider: "wakilni",
    text: sample("wakilni_order_confirmed"),
    id: "123456",
    secret: SECRET,
    utcOffset: "+02:00",
  },
  {
    provider: "wegocod",
    text: sample("wegocod_order_status_updated"),
    id: "000129",
    secret: SECRET,
  },
  { provider: "up42", text: sample("up42_order_status_test_delivery"), id: "290", secret: SECRET },
  { provider: "gooten", text: sample("gooten_order_webhook"), id: "501853", token: TOKEN },
  { provider: "standard-webhooks", text: JSON.stringify(STANDARD), id: "1000", secret: WHSEC },
];

/** Returns for each provider: the account, its deliveries as they arrive, and plain JavaScript that receives them. */
export async function accounts(sign) {
  const found = [];
  for (const { provider, text, id, secret, token, utcOffset } of SAMPLES) {
    const another = (at) => String(Number(id) + at).padStart(id.length, "0");
    const copy = (_, at) => Buffer.from(text.replace(id, another(at)));
    const posted = Array.from({ length: COPIES }, copy).map((body, at) => ({
      body,
      url: token ? `/hooks/${provider}/${token}?orderid=${at + 1}` : `/hooks/${provider}`,
      headers: secret ? signedBy(sign, { provider, secret, body, at }) : {},
    }));
    const account = { provider, utcOffset, ...(secret ? { secrets: secret } : { token }) };
    found.push({
      account,
      bytes: posted[0].body.length,
      deliveries: await arrived(posted),
      plain: receiver(account),
    });
  }
  return found;
}

function signedBy(sign, { provider, secret, body, at }) {
  const headers = { "webhook-id": `msg_${at}`, "x-attempt-number": "1" };
  return { ...headers, ...sign({ provider, secret, body, headers }) };
}
