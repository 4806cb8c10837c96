// The providers' signatures, written from their pages and apart from the tested code.
import { createHash, createHmac } from "node:crypto";

const hmac = (key, ...parts) =>
  parts.reduce((mac, part) => mac.update(part), createHmac("sha256", key));
const seconds = () => Math.floor(Date.now() / 1000);

export const sha256 = (bytes, encoding = "hex") =>
  createHash("sha256").update(bytes).digest(encoding);

export const wakilni = (secret, body) => ({
  "x-webhook-signature": hmac(secret, body).digest("base64"),
});

export const wegocod = (secret, body) => ({
  "x-webhook-signature": hmac(secret, body).digest("hex"),
});

/** Signs the headers named in `covers`; `headers` are sent beside the two that can be covered. */
export function up42(
  secret,
  body,
  { covers = ["date", "digest"], created = seconds(), headers = {} } = {},
) {
  const sent = {
    date: new Date(created * 1000).toUTCString(),
    digest: `SHA-256=${sha256(body, "base64")}`,
    ...headers,
  };
  const tag = hmac(secret, ...covers.map((name) => sent[name])).digest("base64");
  const list = covers.map((name) => `"${name}"`).join(" ");
  return {
    ...sent,
    "signature-input": `up42-sig=(${list});created=${created}`,
    signature: `up42-sig=${tag}`,
  };
}

export function standardWebhooks(secret, body, { id = "msg_1", timestamp = seconds() } = {}) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const tag = hmac(key, `${id}.${timestamp}.`, body).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${tag}`,
  };
}
