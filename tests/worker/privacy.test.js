// No secret, and no customer's data, is in any answer or in anything that the Worker or the runtime prints.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { kvStandIn, queueStandIn } from "../support/stand-in.js";
import { start } from "../support/workerd.js";

const SAMPLES = new URL("../vectors/samples/", import.meta.url);
const BROKEN = { provider: "wakilni", secrets: ["WAKILNI_SECRET", "NOT_SET"], token: "UP42_TOKEN" };
const WRONG_TOKEN = "a-token-that-somebody-guessed";

// The values of the samples that belong to a customer, a driver or an office; and those that hold for any delivery.
const PERSONAL = [
  ...[
    "Karim",
    "Mansouri",
    "212661234567",
    "Casablanca",
    "123 Bd Mohammed V",
    "Call before delivery",
  ],
  ...["Alina", "Magicworld", "80507894586", "Bittersweet", "548912", "654812"],
  ...[
    "DRIVER-PLACEHOLDER",
    "96100000000",
    "Wakilni Dekwaneh",
    "WB-PLACEHOLDER",
    "F-CSA6SFJ6EMY",
    "9400115901344442556597",
  ],
  ...["Argivit", "1799", "108.91"],
];

const kv = await kvStandIn();
const queue = await queueStandIn();
const workers = {};
before(async () => {
  const vars = { SOURCES: { ...SOURCES, broken: BROKEN }, MAX_BODY_BYTES: 10_000 };
  // Its KV and its queue work, and a busy machine is not a failure.
  workers.whole = await start({ vars: { ...vars, DEADLINE_MS: 60_000 }, withDispatch: true });
  workers.failing = await start({
    vars: { ...vars, DEADLINE_MS: 300 },
    standIns: { SEEN: kv, EVENTS: queue },
  });
});
after(async () => {
  await Promise.all(Object.values(workers).map((worker) => worker.stop()));
  await Promise.all([kv.stop(), queue.stop()]);
});

const secretsOf = (source) => (SOURCES[source].secrets ?? []).map((name) => SECRETS[name]);
const SIGN = {
  wakilni: sign.wakilni,
  wegocod: sign.wegocod,
  up42: sign.up42,
  gooten: () => ({}),
  shop: (secret, body) => sign.standardWebhooks(secret, body, { id: `msg_${sign.sha256(body)}` }),
};

const ofAShop = JSON.stringify({
  type: "order.status",
  data: { order_id: "S-1", status: "shipped", tracking_number: "F-CSA6SFJ6EMY" },
});
const samples = [
  ...readdirSync(SAMPLES).map((name) => ({
    name,
    source: name.split("_")[0],
    body: readFileSync(new URL(name, SAMPLES), "utf8"),
  })),
  { name: "shop", source: "shop", body: ofAShop },
].map((sample) => ({
  ...sample,
  headers: SIGN[sample.source](secretsOf(sample.source)[0], sample.body),
}));

const SIGNATURES = ["x-webhook-signature", "signature", "webhook-signature"];
const mapped = (headers, names, change) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      names.includes(name) ? change(value) : value,
    ]),
  );

/** Every outcome of a delivery, as [name, request]. */
function requests({ name, source, body, headers }) {
  const path = hook(source);
  const post = (more) => ({ method: "POST", path, body, headers, ...more });
  const personal = JSON.stringify({
    name,
    event: PERSONAL.join(" "),
    event_id: { name: PERSONAL },
    order: PERSONAL.join(" "),
    body: PERSONAL,
  });
  return {
    accepted: post(),
    duplicate: post(),
    "with a query": post({ path: `${path}?customer=${encodeURIComponent("Alina 80507894586")}` }),
    "not signed": post({ headers: {} }),
    "signed with another secret": post({ headers: SIGN[source]("another", body) }),
    "with a tag that is cut": post({
      headers: mapped(headers, SIGNATURES, (value) => value.slice(0, -3)),
    }),
    changed: post({ body: `${body} ` }),
    "not understood": post({
      body: personal,
      headers: SIGN[source](secretsOf(source)[0], personal),
    }),
    "not JSON": post({ body: `{${body}`, headers: SIGN[source](secretsOf(source)[0], `{${body}`) }),
    "too large": post({ body: body.repeat(20) }),
    "without its token": post({ path: `/hooks/${source}` }),
    "with a wrong token": post({ path: `/hooks/${source}/${WRONG_TOKEN}` }),
    "with a token too many": post({ path: `${path}/${SECRETS.GOOTEN_TOKEN}` }),
    "to a source that does not exist": post({ path: `/hooks/nobody/${SECRETS.UP42_TOKEN}` }),
    "to the secret itself": post({
      path: `/hooks/${secretsOf(source)[0] ?? SECRETS.GOOTEN_TOKEN}`,
    }),
    "to a source that is not configured": post({ path: `/hooks/broken/${SECRETS.UP42_TOKEN}` }),
    "with another method": post({ method: "PUT" }),
    "a probe": { method: "GET", path, headers },
    "of the health": { method: "GET", path: `/healthz?token=${SECRETS.UP42_TOKEN}`, headers },
  };
}

const TAGS = new Set();
const answers = [];
/** Deliveries to unknown addresses: a sample of them is logged. */
const nowhere = new Map();

async function send(worker, request) {
  // The text after the label.
  for (const name of [...SIGNATURES, "digest"])
    TAGS.add(request.headers[name]?.replace(/^(up42-sig=|SHA-256=|v1,)/, ""));
  TAGS.delete(undefined);
  const answer = await worker.send(request);
  if (request.method === "POST" && answer.status === 404)
    nowhere.set(worker, (nowhere.get(worker) ?? 0) + 1);
  answers.push(`${JSON.stringify(answer.headers)}\n${answer.text}`);
  return answer;
}

for (const sample of samples) {
  test(`a delivery has every outcome: ${sample.name}`, async () => {
    const statuses = {};
    for (const [name, request] of Object.entries(requests(sample)))
      statuses[name] = (await send(workers.whole, request)).status;
    // Each had its outcome; otherwise the search below would look at less than it says.
    const unsigned = sample.source === "gooten";
    assert.ok([200, 202].includes(statuses.accepted));
    assert.equal(statuses.duplicate, 200);
    assert.equal(statuses["not understood"], 202);
    assert.equal(statuses["not JSON"], 202);
    for (const name of [
      "not signed",
      "signed with another secret",
      "with a tag that is cut",
      "changed",
    ]) {
      if (!unsigned) assert.equal(statuses[name], 401, name);
    }
    assert.equal(statuses["too large"], sample.body.length * 20 > 10_000 ? 413 : 401);
    assert.equal(statuses["with a wrong token"], 404);
    assert.equal(statuses["to a source that is not configured"], 503);
  });

  for (const mode of ["fails", "lands"]) {
    test(`a delivery to a KV and a queue of which each ${mode}: ${sample.name}`, async () => {
      kv.mode = queue.mode = mode;
      assert.equal((await send(workers.failing, requests(sample).accepted)).status, 503);
    });
  }
}

test("a queue and a KV that hang", async () => {
  kv.mode = queue.mode = "hangs";
  assert.equal((await send(workers.failing, requests(samples[0]).accepted)).status, 503);
});

test("a message that is not an event", async () => {
  await (await workers.whole.queue()).send(
    { customer: PERSONAL, token: SECRETS.UP42_TOKEN },
    { contentType: "json" },
  );
  await workers.whole.logged(({ code }) => code === "not_an_event");
});

test("every delivery was one line of JSON, with what is promised in it", async () => {
  const posts = Object.keys(requests(samples[0])).length - 3;
  for (const [name, worker] of Object.entries(workers)) {
    // Once the line of this one is there, all earlier ones are, too.
    const last = JSON.stringify({
      event_id: `last-${name}`,
      event: "Order Created",
      data: { order_id: 1 },
    });
    await worker.post(hook("wakilni"), last, sign.wakilni(SECRETS.WAKILNI_SECRET, last));
    await worker.logged(({ id }) => id === `last-${name}`);
    const lines = worker.lines().filter(({ at }) => at === "delivery");
    const isSampled = ({ code }) => code === "not_found";
    const all = name === "whole" ? samples.length * posts + 1 : samples.length * 2 + 2;
    assert.equal(lines.filter((line) => !isSampled(line)).length, all - (nowhere.get(worker) ?? 0));
    const sampled = lines.filter(isSampled);
    const told = sampled.reduce((sum, { repeated = 0 }) => sum + 1 + repeated, 0);
    assert.ok(
      name === "whole" ? sampled.length >= 1 && told <= nowhere.get(worker) : sampled.length === 0,
      `${sampled.length}, ${told}`,
    );
    for (const line of lines) {
      const { at, source, provider, outcome, code, id, bytes, ms, ...more } = line;
      const text = JSON.stringify(line);
      assert.ok(source === null || source === "broken" || source in SOURCES, text);
      assert.ok(provider === null || typeof provider === "string", text);
      assert.ok(["accepted", "duplicate", "ready", "refused", "failed"].includes(outcome), text);
      assert.match(code, /^[a-z_]+$/);
      assert.ok(id === null || typeof id === "string", text);
      assert.ok(bytes === null || Number.isInteger(bytes), text);
      assert.ok(Number.isInteger(ms) && ms >= 0, text);
      assert.deepEqual(
        Object.keys(more).filter((key) => !["recognized", "repeated", "cause"].includes(key)),
        [],
        text,
      );
    }
  }
});

/** Returns whether a text holds a value. A few digits may be part of an id or of a port: they count where they stand alone. */
const holds = (text, value) =>
  /^\d{1,7}$/.test(value)
    ? new RegExp(`(?<![\\da-z])${value}(?![\\da-z])`, "i").test(text)
    : text.includes(value);

test("nothing secret and nothing personal is in any answer or any line", async () => {
  const printed = Object.values(workers).flatMap((worker) => worker.output.entries);
  const haystack = [...answers, ...printed].join("\n");
  // Proves that the search can find a text.
  for (const present of [
    "signature_mismatch",
    "NOT_SET is not set",
    "ORD-000129:delivered",
    '"at":"event"',
    "401",
  ]) {
    assert.ok(holds(haystack, present), present);
  }
  assert.ok(TAGS.size > 20, `${TAGS.size}`);
  const needles = [...Object.values(SECRETS), ...TAGS, ...PERSONAL, WRONG_TOKEN];
  const found = needles
    .flatMap((needle) => [
      needle,
      encodeURIComponent(needle),
      Buffer.from(needle).toString("base64").replace(/=+$/, ""),
    ])
    .filter((needle) => holds(haystack, needle));
  assert.deepEqual(found, []);
});
