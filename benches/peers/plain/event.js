// The event that every provider's reading becomes.
import { hash } from "node:crypto";
import { written } from "./moment.js";

// A key of 256 bytes at most; what is longer, or holds control characters, is known by its SHA-256.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const identity = (id) => (id.length <= 85 || Buffer.byteLength(id) <= 256) && !CONTROL.test(id) ? id : sha256(id);

export const sha256 = (content) => hash("sha256", content, "hex");

/** `told` is what a provider's `read` gives. */
export function eventOf({ provider, source, authenticity, attempt, now, payload }, told) {
  const received_at = written(now);
  return {
    specversion: "1.0",
    id: identity(told.id),
    source,
    type: "orderhook.order.status.v1",
    subject: told.order.id,
    time: told.time ?? received_at,
    datacontenttype: "application/json",
    data: {
      provider,
      authenticity,
      test: told.test ?? false,
      received_at,
      attempt,
      order: told.order,
      status: told.status,
      items: told.items ?? [],
      total: told.total ?? null,
      customer: told.customer ?? null,
      driver: told.driver ?? null,
      pickup: told.pickup ?? null,
      notes: told.notes ?? null,
      payload,
    },
  };
}
