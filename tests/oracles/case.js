// A case of the corpus: one delivery to one source, and what becomes of it.
import { sha256 } from "./sign.js";

/** 2024-11-14T12:39:14.120Z: the time of receipt where a case says no other. */
export const NOW = 1731587954120;

/**
 * `body` is a string or bytes. `token_matched` says that the source has a token, and whether the URL held it; without it the
 * source has none. `expect` is made by one of the functions below, and is told the case.
 */
export function made({
  name,
  provider,
  source = provider,
  secrets = [],
  headers = [],
  body,
  now = NOW,
  expect,
  ...more
}) {
  const { utc_offset, token_matched, url } = more;
  const bytes = Buffer.from(body);
  return {
    name: `${provider}: ${name}`,
    provider,
    source,
    secrets,
    utc_offset,
    token_matched,
    url,
    headers,
    ...(isText(bytes) ? { body: bytes.toString() } : { body_base64: bytes.toString("base64") }),
    now,
    expect: expect({ provider, source, bytes, now }),
  };
}

const isText = (bytes) => Buffer.from(bytes.toString("utf8")).equals(bytes);

/** It is not authentic. */
export const refused = (code, text) => () => ({ code, text });
export const missing = (header) =>
  refused("missing_signature", `the header \`${header}\` is missing`);
export const malformed = (header, expected) =>
  refused("malformed_signature", `the header \`${header}\` is not ${expected}`);
export const mismatch = refused("signature_mismatch", "the signature does not match");
export const digestMismatch = refused(
  "digest_mismatch",
  "the signed digest is not that of the body",
);
export const notAuthenticated = refused(
  "body_not_authenticated",
  "no signature covers the body, and the URL's token is missing or another",
);

/** A provider's test that carries no order. */
export const test = () => ({ test: true });

export const tokenMismatch = refused(
  "body_not_authenticated",
  "the URL's token is missing or another",
);

/**
 * Makes an event that says where an order is. What is not given is absent; `time` is then that of receipt. `id` is the provider's,
 * to which the body's SHA-256 is added where the body is not signed.
 */
export function order({
  id,
  order,
  status,
  time,
  subject = order.id,
  test = false,
  direction = null,
  attempt = null,
  authenticity,
  secret_index,
  ...rest
}) {
  return proven(authenticity, secret_index, (made) => ({
    ...envelope(made, {
      id: withBody(id, authenticity, made),
      type: "orderhook.order.status.v1",
      subject,
      time,
    }),
    data: {
      provider: made.provider,
      authenticity: authenticity ?? "body_signed",
      test,
      direction,
      received_at: moment(made.now),
      time_source: time === undefined ? "receipt" : "provider",
      attempt,
      order: {
        reference: null,
        tracking_number: null,
        tracking_url: null,
        carrier: null,
        created_at: null,
        estimated_delivery: null,
        ...order,
      },
      status,
      ...{
        items: [],
        total: null,
        customer: null,
        driver: null,
        pickup: null,
        notes: null,
        ...rest,
      },
      ...payload(made.bytes),
    },
  }));
}

/** The id of an event: the provider's alone only where the body is signed. */
const withBody = (id, authenticity = "body_signed", { bytes }) =>
  authenticity === "body_signed" ? id : `${id}:${sha256(bytes)}`;

/** Makes an event that carries an authentic delivery which was not understood. Without an id, its id is the body's SHA-256. */
export function unrecognized(code, text, { id, attempt = null, authenticity, secret_index } = {}) {
  return proven(authenticity, secret_index, (made) => ({
    ...envelope(made, {
      id:
        (authenticity ?? "body_signed") === "body_signed"
          ? (id ?? sha256(made.bytes))
          : withBody(id ?? "body", authenticity, made),
      type: "orderhook.delivery.unrecognized.v1",
    }),
    data: {
      provider: made.provider,
      authenticity: authenticity ?? "body_signed",
      received_at: moment(made.now),
      time_source: "receipt",
      attempt,
      reason: { code, text },
      ...payload(made.bytes),
    },
  }));
}
export const notJson = (more) => unrecognized("not_json", "the body is not JSON", more);
export const notUtf8 = (more) => unrecognized("not_utf8", "the body is not UTF-8", more);
export const unexpectedShape = (more) =>
  unrecognized("unexpected_shape", "the body is not a JSON object", more);
export const missingField = (field, more) =>
  unrecognized("missing_field", `the body has no usable \`${field}\``, more);

function proven(
  authenticity = "body_signed",
  secret_index = authenticity === "url_token" ? null : 0,
  event,
) {
  return (made) => ({ authenticity, secret_index, event: event(made) });
}

function envelope({ source, now }, { id, type, subject, time = moment(now) }) {
  return {
    specversion: "1.0",
    id,
    source: `/hooks/${source}`,
    type,
    ...(subject !== undefined && { subject }),
    time,
    datacontenttype: "application/json",
  };
}

const moment = (millis) => new Date(millis).toISOString();

const payload = (bytes) =>
  isText(bytes) ? { payload: bytes.toString() } : { payload_base64: bytes.toString("base64") };

const PHASES = {
  open: [
    "created",
    "pending",
    "confirmed",
    "assigned",
    "processing",
    "picked",
    "preparing",
    "packed",
    "info_received",
  ],
  moving: ["shipped", "in_transit", "out_for_delivery", "ready_for_pickup"],
  problem: [
    "attempt_failed",
    "postponed",
    "on_hold",
    "exception",
    "expired",
    "cancellation_pending",
  ],
  returning: ["returning", "returned", "return_received"],
  closed: [
    "delivered",
    "cancelled",
    "declined",
    "rejected",
    "failed",
    "refunded",
    "returned_to_stock",
  ],
  other: ["test", "unknown"],
};

/** Returns where a status is, roughly. */
export function phase(status) {
  const found = Object.entries(PHASES).filter(([, statuses]) => statuses.includes(status));
  if (found.length !== 1) throw new Error(`${status} is in ${found.length} phases`);
  return found[0][0];
}

/** `data.status`. `words` are the provider's own: for what happened, where the order is, where it was. */
export function status(
  now,
  {
    reason = null,
    was = null,
    final = false,
    documented = true,
    event = null,
    word = null,
    wasWord = null,
  } = {},
) {
  return {
    now,
    phase: phase(now),
    reason,
    was,
    final,
    documented,
    provider_event: event,
    provider_now: word,
    provider_was: wasWord,
  };
}

/** `data.items[]`. */
export const item = (known) => ({
  ...{
    sku: null,
    name: null,
    quantity: null,
    price: null,
    status: null,
    tracking_number: null,
    tracking_url: null,
  },
  ...known,
});

/** `data.customer`. */
export const customer = (known) => ({
  ...{
    name: null,
    phone: null,
    email: null,
    address: null,
    city: null,
    region: null,
    postal_code: null,
    country: null,
  },
  ...known,
});

/** An array in an array in an array. */
export const nested = (levels) => "[".repeat(levels) + "]".repeat(levels);
