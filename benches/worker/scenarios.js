// The posted requests: WeGoCod's deliveries, as prepared bytes, and the expected answer to each.
import { createHmac, createSecretKey } from "node:crypto";
import { readFileSync } from "node:fs";

export const SECRET = "a secret of thirty-two bytes, xy";
const KEY = createSecretKey(Buffer.from(SECRET));
const mac = (body) => createHmac("sha256", KEY).update(body).digest("hex");
const WRONG = mac("another body");

const FILE = new URL(
  "../../tests/vectors/samples/wegocod_order_status_updated.json",
  import.meta.url,
);
const SAMPLE = readFileSync(FILE, "utf8").trim();
const REFERENCE = "ORD-000129";
const DIGITS = 12;

/** Returns the sample, with more lines in its order until it has about so many bytes. An event leaves out most of a line. */
function larger(bytes) {
  const delivery = JSON.parse(SAMPLE);
  const [line] = delivery.items;
  for (let at = 0; JSON.stringify(delivery).length < bytes; at++) {
    delivery.items.push({
      ...line,
      sku: `${line.sku}-${at}`,
      price: 1799 + at,
      description: `Tablets, ${"coated, ".repeat(36)}in a box of ${at}`,
      image: `https://shop.example/images/${"0123456789abcdef".repeat(4)}/${at}.png`,
      weight: { value: 250 + at, unit: "g" },
      tags: ["health", "tablets", "new"],
    });
  }
  return JSON.stringify(delivery);
}

const texts = { small: SAMPLE, "16 KB": larger(16_000), "64 KB": larger(64_000) };

/**
 * By name: the body, its tag, the expected status, how many are sent in a row; whether it is the same
 * delivery again, which the isolate may remember; and whether KV has the event though this isolate never took it.
 */
export const SCENARIOS = {
  accepted: { text: texts.small, tag: "right", status: 202, count: 300 },
  "bad-tag": { text: texts.small, tag: "wrong", status: 401, count: 300 },
  "no-header": { text: texts.small, tag: null, status: 401, count: 300 },
  "not-found": { path: "/hooks/nobody", text: texts.small, tag: "right", status: 404, count: 300 },
  "16-kb": { text: texts["16 KB"], tag: "right", status: 202, count: 120 },
  "64-kb": { text: texts["64 KB"], tag: "right", status: 202, count: 50 },
  duplicate: { text: texts.small, tag: "right", status: 200, count: 300, again: true },
  "duplicate-kv": { text: texts.small, tag: "right", status: 200, count: 300, elsewhere: true },
};

let made = 0;

/** Names an order that no request was of before. The stand-in for KV has the events of those with `elsewhere` in their names. */
const another = ({ elsewhere }) =>
  (elsewhere ? "elsewhere-" : "") + String(++made).padStart(DIGITS, "0");

/** Returns so many requests: each of another order, or all of one that no request was of before. */
export const requests = (scenario, count = scenario.count) =>
  scenario.again
    ? Array(count).fill(request(scenario, another(scenario)))
    : Array.from({ length: count }, () => request(scenario, another(scenario)));

/** Returns the bytes of a request. */
export function request({ path = "/hooks/wegocod", text, tag }, order) {
  const body = Buffer.from(text.replace(REFERENCE, `ORD-${order}`));
  const signature =
    tag === null ? "" : `x-webhook-signature: ${tag === "right" ? mac(body) : WRONG}\r\n`;
  const head = `POST ${path} HTTP/1.1\r
host: hooks.example.com\r
content-type: application/json; charset=utf-8\r
content-length: ${body.length}\r
user-agent: Shop-Webhooks/2.1 (+https://shop.example/webhooks)\r
accept: */*\r
accept-encoding: gzip, deflate, br\r
x-forwarded-for: 203.0.113.7\r
x-forwarded-proto: https\r
${signature}\r
`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}
