// The counts of deliveries on the queue ACTIVITY. They are counts, and hold nothing else of a
// delivery. Without the queue, nothing is counted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

/** The number of the last bucket of latencies. */
const LAST_BUCKET = 10;
const CUSTOMER = "Nadia Counted";

const body = JSON.stringify({
  event_id: "counted-1",
  event: "Order Created",
  data: { order_id: 1, customer: CUSTOMER },
});
const other = body.replace("counted-1", "counted-2");
const signed = sign.wakilni(SECRETS.WAKILNI_SECRET, body);

/** What is posted: the address, the body, its headers, and the source and the code that it is counted under, if it is. */
const POSTED = [
  [hook("wakilni"), body, signed, "wakilni accepted"],
  [hook("wakilni"), body, signed, "wakilni duplicate"],
  [hook("wakilni"), body, signed, "wakilni duplicate"],
  [hook("wakilni"), other, signed, "wakilni signature_mismatch"],
  [hook("wakilni"), body, {}, "wakilni missing_signature"],
  [hook("gooten"), "", {}, "gooten ready"],
  [hook("shop"), body, { "webhook-id": "é" }, "shop missing_signature"],
  ["/hooks/a-guess-at-a-token", body, signed],
  ["/hooks/gooten/a-guess-at-a-token", body, signed],
  [hook("wakilni"), "x".repeat((1 << 20) + 1), signed, "wakilni body_too_large"],
];

let worker;
before(async () => (worker = await start({ counts: true })));
after(() => worker.stop());

const posted = async (worker) => {
  for (const [path, body, headers] of POSTED) await worker.post(path, body, headers);
};

test("each delivery is counted once, by its source, its code and how long it took", async () => {
  const began = Date.now();
  await posted(worker);
  // Requests that are not posted are not counted.
  await worker.get(hook("wakilni"));
  await worker.get("/healthz");
  const expected = {};
  const names = POSTED.map(([, , , name]) => name).filter((name) => name !== undefined);
  for (const name of names) expected[name] = (expected[name] ?? 0) + 1;
  const counted = {};
  const all = () => Object.values(counted).reduce((sum, n) => sum + n, 0);
  const messages = [];
  for (let n = 1; all() < names.length; n++) {
    const { body } = await worker.activity.untilNth(n);
    messages.push(body);
    for (const { source, code, count } of body.counts)
      counted[`${source} ${code}`] = (counted[`${source} ${code}`] ?? 0) + count;
  }
  assert.deepEqual(counted, expected);
  for (const message of messages) {
    const { version, since, until, counts, ...more } = message;
    assert.deepEqual([version, more], [1, {}]);
    assert.ok(began <= since && since <= until && until <= Date.now(), `${since} to ${until}`);
    const seen = new Set();
    for (const { source, code, latency, count, ...more } of counts) {
      assert.deepEqual(more, {});
      assert.ok(source in SOURCES, source);
      assert.match(code, /^[a-z_]+$/);
      assert.ok(Number.isInteger(latency) && latency >= 0 && latency <= LAST_BUCKET, `${latency}`);
      assert.ok(Number.isInteger(count) && count > 0, `${count}`);
      const key = `${source} ${code} ${latency}`;
      assert.ok(!seen.has(key), `${key} is there twice`);
      seen.add(key);
    }
  }
  const text = JSON.stringify(messages);
  for (const secret of [CUSTOMER, "counted-1", "guess", ...Object.values(SECRETS)])
    assert.ok(!text.includes(secret), secret);
});

test("the next counts have nothing of the last", async () => {
  const before = worker.activity.entries.length;
  await worker.post(hook("wakilni"), body, signed);
  const { body: message } = await worker.activity.untilNth(before + 1);
  assert.deepEqual(
    message.counts.map(({ source, code, count }) => [source, code, count]),
    [["wakilni", "duplicate", 1]],
  );
});

/** The Worker, and a line for each request that it keeps alive. */
const AROUND = `
import entry, { Claims } from "./entry.js";
export { Claims };
export default {
  async fetch(request, env, ctx) {
    const around = { waitUntil(work) { console.log("kept alive"); ctx.waitUntil(work); } };
    return entry.fetch(request, env, around);
  },
};`;

for (const [says, counts, kept] of [
  ["without the queue a refusal keeps nothing alive", false, 0],
  ["with it the first refusal does, and no other", true, 1],
]) {
  test(says, async () => {
    const bare = await start({ counts, around: AROUND });
    try {
      for (let n = 0; n < 3; n++)
        assert.equal((await bare.post(hook("wakilni"), body, {})).status, 401);
      const last = await bare.post(hook("wakilni"), body, signed);
      assert.equal(last.status, 202);
      await bare.logged(({ code }) => code === "accepted");
      const lines = bare.output.entries;
      const accepted = lines.findIndex((line) => line.includes('"accepted"'));
      const before = lines.slice(0, accepted).filter((line) => line === "kept alive");
      // The delivery that is accepted is kept alive itself.
      assert.equal(before.length, kept + 1);
    } finally {
      await bare.stop();
    }
  });
}
