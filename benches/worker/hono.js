// A Worker made of today's libraries: Hono for the routes, @hookflo/tern for the verification.
import { WebhookVerificationService } from "@hookflo/tern";
import { Hono } from "hono";
import { eventOf } from "../peers/plain/event.js";
import { wegocod } from "../peers/plain/wegocod.js";

const KEPT_SECONDS = 604_800;
const SOURCE = {
  provider: "wegocod",
  source: "/hooks/wegocod",
  authenticity: "body_signed",
  attempt: null,
};
const SIGNATURE = {
  algorithm: "hmac-sha256",
  headerName: "x-webhook-signature",
  headerFormat: "raw",
  payloadFormat: "raw",
};
const CODES = { MISSING_SIGNATURE: "missing_signature", INVALID_SIGNATURE: "signature_mismatch" };

const app = new Hono();

app.post("/hooks/wegocod", async (c) => {
  const started = Date.now();
  const settings = { platform: "custom", secret: c.env.WEGOCOD_SECRET, signatureConfig: SIGNATURE };
  const result = await WebhookVerificationService.verify(c.req.raw, settings);
  if (!result.isValid)
    return problem(c, 401, CODES[result.errorCode], "Unauthorized", result.error, started);

  const payload = await c.req.text();
  const event = eventOf(
    { ...SOURCE, now: started, payload },
    wegocod.read(result.payload, { zone: null }),
  );
  const { id } = event;
  const mark = `seen:wegocod:${id}`;
  if ((await c.env.SEEN.get(mark)) !== null) {
    log("log", { outcome: "duplicate", code: "duplicate", id, bytes: payload.length, started });
    return c.json({ status: "duplicate", id }, 200, { "cache-control": "no-store" });
  }
  await c.env.EVENTS.send(event, { contentType: "json" });
  await c.env.SEEN.put(mark, JSON.stringify({ id, taken_at: event.data.received_at }), {
    expirationTtl: KEPT_SECONDS,
  });
  log("log", { outcome: "accepted", code: "accepted", id, bytes: payload.length, started });
  return c.json({ status: "accepted", id }, 202, { "cache-control": "no-store" });
});

const NOWHERE = "there is nothing here: post to /hooks/{source}";
app.notFound((c) => problem(c, 404, "not_found", "Not Found", NOWHERE, Date.now(), null));

function problem(c, status, code, title, detail, started, source) {
  log("warn", { outcome: "refused", code, started, source });
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
  return c.body(
    JSON.stringify({ type: "about:blank", title, status, code, detail }),
    status,
    headers,
  );
}

function log(level, { outcome, code, id = null, bytes = null, started, source = "wegocod" }) {
  const ms = Date.now() - started;
  console[level](
    JSON.stringify({ at: "delivery", source, provider: source, outcome, code, id, bytes, ms }),
  );
}

export default app;
