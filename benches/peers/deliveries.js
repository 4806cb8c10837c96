// Deliveries to measure with: different JSON bodies of a given size, signed by Node's own crypto, posted to a server, and kept as
// they arrive there: Node's headers and the bytes.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";

/** 32 bytes: as text for the schemes that take text, and in the format of Standard Webhooks. */
export const SECRET = "a secret of thirty-two bytes, xy";
export const WHSEC = `whsec_${Buffer.from(SECRET).toString("base64")}`;

const mac = (content, body, encoding) =>
  createHmac("sha256", SECRET).update(content).update(body).digest(encoding);

/** By scheme, the headers that sign a body. */
export const schemes = {
  hex: (body) => ({ "x-webhook-signature": mac("", body, "hex") }),
  github: (body) => ({ "x-hub-signature-256": `sha256=${mac("", body, "hex")}` }),
  standard: (body, id, seconds) => ({
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${mac(`${id}.${seconds}.`, body, "base64")}`,
  }),
  stripe: (body, _id, seconds) => ({
    "stripe-signature": `t=${seconds},v1=${mac(`${seconds}.`, body, "hex")}`,
  }),
};

/** Returns `count` JSON texts of `size` bytes, similar to a shop's webhook. In ASCII, the fastest to decode. */
export const bodies = (size, count) =>
  Array.from({ length: count }, (_, at) => Buffer.from(orderOf(size, 1000 + at)));

function orderOf(size, number) {
  const order = { reference: `ORD-${number}`, total: number / 4, currency: "EUR" };
  const text = (items, note) =>
    JSON.stringify({ id: `evt_${number}`, type: "order.updated", order, items, note });
  const items = [];
  for (let left = size - text([], "").length; ; ) {
    const at = items.length;
    const line = {
      sku: `SKU-${number}-${at}`,
      name: "Table, oak, 80 x 80 cm",
      quantity: (at % 9) + 1,
      price: 49.75,
    };
    left -= JSON.stringify(line).length + 1;
    if (left < 0) break;
    items.push(line);
  }
  return text(items, "x".repeat(size - text(items, "").length));
}

/** Signs by every scheme: returns the deliveries of each, and those that must be refused. */
export async function signed(size, count) {
  const texts = bodies(size, count);
  const seconds = Math.floor(Date.now() / 1000);
  const sets = {};
  for (const [scheme, sign] of Object.entries(schemes)) {
    const right = texts.map((body, at) => ({
      headers: sign(body, `msg_${size}_${at}`, seconds),
      body,
    }));
    // Well-formed, but for another body; and the right tag on a body that was changed.
    const wrong = [
      { headers: sign(Buffer.from("{}"), `msg_${size}_0`, seconds), body: texts[0] },
      {
        headers: right[0].headers,
        body: Buffer.from(texts[0].toString().replace("ORD-1000", "ORD-1001")),
      },
    ];
    sets[scheme] = { right: await arrived(right), wrong: await arrived(wrong) };
  }
  return sets;
}

/** The usual other headers. Node's client adds `host` and `connection`. */
const ALONG = {
  "content-type": "application/json; charset=utf-8",
  "user-agent": "Shop-Webhooks/2.1 (+https://shop.example/webhooks)",
  accept: "*/*",
  "accept-encoding": "gzip, deflate, br",
  "x-forwarded-for": "203.0.113.7",
  "x-forwarded-proto": "https",
  "x-request-id": "5f290b80-d8d7-4d1c-bbe6-626d4f00dad3",
};

/** Returns the deliveries as a server receives them: `request.headers`, `request.url` and the body's bytes. */
export async function arrived(deliveries) {
  const received = [];
  const server = createServer(async (message, response) => {
    const pieces = [];
    for await (const piece of message) pieces.push(piece);
    received.push({ headers: message.headers, url: message.url, body: Buffer.concat(pieces) });
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const agent = new Agent({ keepAlive: true });
  for (const delivery of deliveries) await post(delivery, { agent, port: server.address().port });
  agent.destroy();
  await once(server.close(), "close");
  return received;
}

async function post({ headers, url = "/", body }, { agent, port }) {
  const given = { ...ALONG, "content-length": body.length, ...headers };
  const posted = request({
    agent,
    host: "127.0.0.1",
    port,
    path: url,
    method: "POST",
    headers: given,
  });
  const [response] = await once(posted.end(body), "response");
  await once(response.resume(), "end");
}
