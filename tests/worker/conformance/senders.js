// The two senders of the scenarios. One signs the body alone; the other signs an id and a time with it.
import { SECRETS, hook } from "../../support/accounts.js";
import * as sign from "../../support/sign.js";

/** Returns the time in Unix seconds. */
export const now = () => Math.floor(Date.now() / 1000);

let count = 0;
/** Returns a name that no other delivery has. */
export const fresh = () => `conformance-${++count}`;

/** Signs with the hex HMAC of the body. */
const WEGOCOD = {
  source: "wegocod",
  provider: "wegocod",
  path: hook("wegocod"),
  secret: SECRETS.WEGOCOD_SECRET,
  nextSecret: "wegocod-next-secret-8a30e6d15b",
  otherSecret: "another-secret-4f1c09d2b7",
  signatureHeaders: ["x-webhook-signature"],
  body: ({ order, status, time, more }) =>
    JSON.stringify({
      event: "order.status",
      timestamp: time,
      order: { reference: order, new_status: status },
      ...more,
    }),
  sign: (secret, body) => sign.wegocod(secret, body),
};

/** Signs with the base64 HMAC of an id, a time and the body. */
const SHOP = {
  source: "shop",
  provider: "standard-webhooks",
  path: hook("shop"),
  secret: SECRETS.SHOP_SECRET,
  nextSecret: "whsec_dGhlLW5leHQtc2VjcmV0LTAxMjM0NTY3ODlhYmNkZWY=",
  otherSecret: "whsec_YW5vdGhlci1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg==",
  signatureHeaders: ["webhook-id", "webhook-timestamp", "webhook-signature"],
  body: ({ order, status, time, more }) =>
    JSON.stringify({
      type: "order.status",
      timestamp: time,
      data: { order_id: order, status },
      ...more,
    }),
  sign: (secret, body, { id, timestamp }) => sign.standardWebhooks(secret, body, { id, timestamp }),
};

export const SENDERS = [WEGOCOD, SHOP];

/**
 * Makes a delivery: `path`, `headers` and `body`, and the `order` and the `status` that are in the body. All of these can be
 * given, and also the event's `time`, `more` members of the body, and the `secret`, the `id` and the `timestamp` to sign
 * with. Given `headers` are added to those of the signature, and replace those of the same name.
 */
export function delivery(sender, given = {}) {
  const { order = fresh(), status = "delivered", time = "2026-05-09T12:00:00Z", more = {} } = given;
  const { id = `${order}-${status}`, body = sender.body({ order, status, time, more }) } = given;
  const { secret = sender.secret, timestamp = now(), path = sender.path } = given;
  const headers = {
    "content-type": "application/json",
    ...sender.sign(secret, body, { id, timestamp }),
    ...given.headers,
  };
  return { path, headers, body, order, status, given: { ...given, order, body, id } };
}

/** Makes the same delivery again as a provider does when it retries: signed anew, under the same id. */
export const retryOf = (sender, { given }) => delivery(sender, { ...given, timestamp: undefined });

/** Returns a delivery with other headers, and the signature as it was. */
export const withHeaders = (sent, headers) => ({
  ...sent,
  headers: { ...sent.headers, ...headers },
});
