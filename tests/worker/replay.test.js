// A delivery that an eavesdropper copied and sends again: its answer at each provider, while the delivery is remembered and
// afterwards. tests/core/replay.rs uses an exact clock; here the Worker reads its own.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { kvStandIn } from "../support/stand-in.js";
import { start } from "../support/workerd.js";

// Each beside another of the same provider, with the same secrets.
const TABLE = {
  ...SOURCES,
  ...Object.fromEntries(Object.entries(SOURCES).map(([name, source]) => [`${name}-2`, source])),
};

/**
 * An isolate knows for ten minutes what it has taken itself, whatever KV has forgotten. Another isolate is told by KV alone. These
 * tests post the first try to one, and what comes after the memory's end to the other.
 */
let worker;
before(async () => {
  worker = await start({ vars: { SOURCES: TABLE }, isolates: 1 });
});
// Removes the messages that a failed test has left in the queue.
afterEach(() => worker.events());
after(() => worker.stop());

const DAY = 24 * 60 * 60;
const now = () => Math.floor(Date.now() / 1000);

let count = 0;
const fresh = () => `replay-${++count}`;
const GOOTEN = JSON.stringify({ Id: "7-50", Items: [{ Sku: "a", Status: "Shipped" }] });

/** A delivery as it was sent: its address, its headers, its body, and the id of its event. */
const CAPTURED = {
  wakilni(id = fresh()) {
    const body = JSON.stringify({ event_id: id, event: "Order Created", data: { order_id: 1 } });
    const headers = { ...sign.wakilni(SECRETS.WAKILNI_SECRET, body), "x-attempt-number": "1" };
    return { path: hook("wakilni"), body, headers, id };
  },
  wegocod(id = fresh()) {
    const body = JSON.stringify({ order: { reference: id, new_status: "delivered" } });
    return {
      path: hook("wegocod"),
      body,
      headers: sign.wegocod(SECRETS.WEGOCOD_SECRET, body),
      id: `${id}:delivered`,
    };
  },
  up42(id = fresh(), options) {
    const body = JSON.stringify({
      liveMode: true,
      messageId: id,
      body: { orderId: "o", status: "PLACED" },
    });
    return { path: hook("up42"), body, headers: sign.up42(SECRETS.UP42_SECRET, body, options), id };
  },
  gooten(id = fresh()) {
    return {
      path: `${hook("gooten")}?orderid=${id}`,
      body: GOOTEN,
      headers: {},
      id: `${id}:${sign.sha256(GOOTEN)}`,
    };
  },
  shop(id = fresh(), options) {
    const body = JSON.stringify({
      type: "order.shipped",
      data: { order_id: "1", status: "shipped" },
    });
    return {
      path: hook("shop"),
      body,
      headers: sign.standardWebhooks(SECRETS.SHOP_SECRET, body, { id, ...options }),
      id,
    };
  },
};

async function assertAnswered(delivery, status, word, id) {
  const { path, body, headers, isolate = 0 } = delivery;
  const { status: got, json } = await worker.isolates[isolate].post(path, body, headers);
  assert.deepEqual([got, json.code ?? json.status, json.id], [status, word, id]);
}

const elsewhere = (delivery) => ({ ...delivery, isolate: 1 });

const assertAccepted = (delivery) => assertAnswered(delivery, 202, "accepted", delivery.id);
const assertDuplicate = (delivery) => assertAnswered(delivery, 200, "duplicate", delivery.id);
const assertRefused = (delivery, code) => assertAnswered(delivery, 401, code);

async function assertEvents(source, ids) {
  const events = await worker.events();
  assert.deepEqual(
    events.map((event) => [event.source, event.id]),
    ids.map((id) => [`/hooks/${source}`, id]),
  );
  return events;
}

/** Does the same as the end of DEDUP_TTL_SECONDS, for all isolates but the one that took the delivery. */
async function forget(source, { id }) {
  const key = `seen:${source}:${id}`;
  await worker.marked(key);
  await (await worker.kv()).delete(key);
}
const remember = async (source, { id }) => (await worker.kv()).put(`seen:${source}:${id}`, "{}");

for (const [source, capture] of Object.entries(CAPTURED)) {
  describe(`a copy of a delivery to ${source}`, () => {
    test("is a duplicate as long as the first is remembered", async () => {
      const delivery = capture();
      await assertAccepted(delivery);
      for (let copy = 0; copy < 3; copy++) await assertDuplicate(delivery);
      await assertEvents(source, [delivery.id]);
    });

    test("is a duplicate with other headers that nothing signs", async () => {
      const delivery = capture();
      await assertAccepted(delivery);
      const unsigned = {
        "x-attempt-number": "9",
        "x-webhook-id": "9",
        "user-agent": "another",
        "content-type": "text/plain",
      };
      await assertDuplicate({ ...delivery, headers: { ...delivery.headers, ...unsigned } });
      await assertEvents(source, [delivery.id]);
    });

    // Standard Webhooks and UP42 sign or send a time: both were signed a moment ago.
    test("is accepted again once it is forgotten, with the same source and id", async () => {
      const delivery = capture();
      await assertAccepted(delivery);
      await forget(source, delivery);
      await assertDuplicate(delivery);
      await assertAccepted(elsewhere(delivery));
      await assertDuplicate(elsewhere(delivery));
      await assertEvents(source, [delivery.id, delivery.id]);
    });

    test("is another source's own at a source with the same secret", async () => {
      const delivery = capture();
      await assertAccepted(delivery);
      const elsewhere = {
        ...delivery,
        path: delivery.path.replace(`/hooks/${source}`, `/hooks/${source}-2`),
      };
      await assertAccepted(elsewhere);
      await assertDuplicate(elsewhere);
      const events = (await worker.events()).map(({ source, id }) => `${source} ${id}`);
      assert.deepEqual(
        events,
        [source, `${source}-2`].map((name) => `/hooks/${name} ${delivery.id}`),
      );
    });
  });
}

test("the unsigned parts of a forgotten delivery are the copy's: Wakilni's number of attempts", async () => {
  const delivery = CAPTURED.wakilni();
  await assertAccepted(delivery);
  await forget("wakilni", delivery);
  await assertAccepted({
    ...elsewhere(delivery),
    headers: { ...delivery.headers, "x-attempt-number": "9" },
  });
  const events = await assertEvents("wakilni", [delivery.id, delivery.id]);
  assert.deepEqual(
    events.map(({ data }) => data.attempt),
    [1, 9],
  );
});

test("a copy for another provider's source with the same secret is accepted there, and not understood", async () => {
  const shared = await start({
    vars: { SOURCES: { other: { provider: "wegocod", secrets: ["WAKILNI_SECRET"] } } },
  });
  try {
    const { body, headers } = CAPTURED.wakilni();
    // The same tag, written as the other provider writes it.
    const tag = Buffer.from(headers["x-webhook-signature"], "base64").toString("hex");
    assert.equal(
      (await shared.post("/hooks/other", body, headers)).json.code,
      "malformed_signature",
    );
    assert.equal(
      (await shared.post("/hooks/other", body, { "x-webhook-signature": tag })).status,
      202,
    );
    const [event, ...more] = await shared.events();
    assert.deepEqual(
      [event.source, event.type, more],
      ["/hooks/other", "orderhook.delivery.unrecognized.v1", []],
    );
  } finally {
    await shared.stop();
  }
});

test("a copy with more tags in its list is the same delivery: Standard Webhooks lets a list have several", async () => {
  const { headers, ...delivery } = CAPTURED.shop();
  await assertAccepted({ ...delivery, headers });
  const tags = `v1,${"A".repeat(43)}= v2,x ${headers["webhook-signature"]}`;
  await assertDuplicate({ ...delivery, headers: { ...headers, "webhook-signature": tags } });
  await assertEvents("shop", [delivery.id]);
});

describe("a copy whose signed time has passed", () => {
  for (const [age, seconds] of [
    ["5 minutes and 2 seconds", 302],
    ["a day", DAY],
    ["8 days, when it is forgotten", 8 * DAY],
  ]) {
    for (const [remembered, mark] of [
      ["remembered", remember],
      ["forgotten", () => {}],
    ]) {
      test(`Standard Webhooks, ${age}, ${remembered}: refused`, async () => {
        const delivery = CAPTURED.shop(fresh(), { timestamp: now() - seconds });
        await mark("shop", delivery);
        await assertRefused(delivery, "timestamp_out_of_tolerance");
        await assertEvents("shop", []);
      });

      test(`UP42 as it was, ${age}, ${remembered}: refused`, async () => {
        const delivery = CAPTURED.up42(fresh(), { created: now() - seconds });
        await mark("up42", delivery);
        await assertRefused(delivery, "timestamp_out_of_tolerance");
        await assertEvents("up42", []);
      });
    }
  }

  test("Standard Webhooks signs it: with a new one it is refused too", async () => {
    const { headers, ...delivery } = CAPTURED.shop(fresh(), { timestamp: now() - DAY });
    const stamped = { ...headers, "webhook-timestamp": `${now()}` };
    await assertRefused({ ...delivery, headers: stamped }, "signature_mismatch");
    await assertRefused(
      { ...delivery, headers: { ...stamped, "webhook-id": fresh() } },
      "signature_mismatch",
    );
    await assertEvents("shop", []);
  });

  test("UP42 does not: with a new one it is a duplicate as long as it is remembered, and accepted again after that", async () => {
    const captured = CAPTURED.up42(fresh(), { created: now() - 8 * DAY });
    const input = captured.headers["signature-input"].replace(
      /created=\d+/,
      `created=${now() - 1}`,
    );
    const delivery = { ...captured, headers: { ...captured.headers, "signature-input": input } };
    await remember("up42", delivery);
    await assertDuplicate(delivery);
    await forget("up42", delivery);
    await assertAccepted(delivery);
    const [event] = await assertEvents("up42", [delivery.id]);
    assert.equal(event.data.authenticity, "body_signed");
  });

  test("UP42 signs the date: with a new one it is refused", async () => {
    const { headers, ...delivery } = CAPTURED.up42(fresh(), { created: now() - DAY });
    const input = headers["signature-input"].replace(/created=\d+/, `created=${now() - 1}`);
    const changed = { ...headers, "signature-input": input, date: new Date().toUTCString() };
    await assertRefused({ ...delivery, headers: changed }, "signature_mismatch");
  });
});

/** The id of a delivery whose body is not authenticated. */
const weakId = ({ id, body }) => `${id}:${sign.sha256(body)}`;

describe("a copy of a UP42 signature that covers no digest", () => {
  const captured = () => CAPTURED.up42(fresh(), { covers: ["date"] });

  test("replaces no delivery whose digest is covered, though it comes first with its id", async () => {
    const genuine = CAPTURED.up42();
    const forged = { ...captured(), body: genuine.body.replace("PLACED", "FAILED_PERMANENTLY") };
    assert.notEqual(forged.body, genuine.body);
    await assertAccepted({ ...forged, id: `${genuine.id}:${sign.sha256(forged.body)}` });
    // Nor one with the same body.
    await assertAccepted({ ...captured(), body: genuine.body, id: weakId(genuine) });
    await assertAccepted(genuine);
    const events = await assertEvents("up42", [
      `${genuine.id}:${sign.sha256(forged.body)}`,
      weakId(genuine),
      genuine.id,
    ]);
    assert.deepEqual(
      events.map(({ data }) => data.authenticity),
      ["headers_signed", "headers_signed", "body_signed"],
    );
  });

  test("fits any body, for a sender who knows the token", async () => {
    const [first, other] = [captured(), captured()];
    const weak = { ...first, body: other.body, id: weakId(other) };
    await assertAccepted({ ...first, id: weakId(first) });
    await assertAccepted(weak);
    const events = await assertEvents("up42", [weakId(first), weakId(other)]);
    assert.deepEqual(
      events.map(({ data }) => data.authenticity),
      ["headers_signed", "headers_signed"],
    );
  });

  test("fits no body at a source without a token", async () => {
    await assertRefused({ ...captured(), path: hook("up42-bare") }, "body_not_authenticated");
  });

  test("with the digest no longer listed, a signature over a digest proves no more than the token", async () => {
    // The values of both, under the name of one header.
    const { headers, ...delivery } = CAPTURED.up42();
    const changed = {
      ...headers,
      date: headers.date + headers.digest,
      "signature-input": headers["signature-input"].replace('"date" "digest"', '"date"'),
    };
    await assertRefused(
      { ...delivery, path: hook("up42-bare"), headers: changed },
      "body_not_authenticated",
    );
    const other = CAPTURED.up42();
    await assertAccepted({ ...other, headers: changed, id: weakId(other) });
    const [event] = await assertEvents("up42", [weakId(other)]);
    assert.equal(event.data.authenticity, "headers_signed");
  });
});

describe("a copy of a signed text of Standard Webhooks, cut anew", () => {
  // A note by a customer who knows how it is signed, and the copy by an eavesdropper who has seen the delivery.
  const note = (seconds) => `hi.${seconds}.forged text of the customer`;
  const cut = ({ headers, body, ...delivery }, seconds) => {
    const [before, after] = body.split(`.${seconds}.`);
    const id = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${before}`;
    return {
      ...delivery,
      body: after,
      headers: { ...headers, "webhook-id": id, "webhook-timestamp": `${seconds}` },
    };
  };
  const signed = (body) => {
    const id = fresh();
    return {
      path: hook("shop"),
      id,
      body,
      headers: sign.standardWebhooks(SECRETS.SHOP_SECRET, body, { id }),
    };
  };

  test("at a customer's note in JSON: refused, and nothing of it is logged", async () => {
    const seconds = now() + 120;
    const delivery = signed(
      JSON.stringify({
        type: "order.status",
        data: { order_id: "1", status: "shipped" },
        note: note(seconds),
      }),
    );
    await assertAccepted(delivery);
    await assertRefused(cut(delivery, seconds), "malformed_signature");
    await assertEvents("shop", [delivery.id]);
    assert.deepEqual(
      worker.output.entries.filter((line) => line.includes("forged text")),
      [],
    );
  });

  test("at an event in a form: refused", async () => {
    const seconds = now() + 5;
    const forged = JSON.stringify({
      type: "order.status",
      data: { order_id: "VICTIM", status: "delivered" },
    });
    const delivery = signed(`note=abc.${seconds}.${forged}`);
    await assertAccepted(delivery);
    await assertRefused(cut(delivery, seconds), "malformed_signature");
    await assertEvents("shop", [delivery.id]);
  });

  test("the other way round, from the id into the body: refused", async () => {
    const [id, body, time] = [`order.${now()}.1`, "{}", now() - 1];
    const headers = sign.standardWebhooks(SECRETS.SHOP_SECRET, body, { id, timestamp: time });
    await assertRefused({ path: hook("shop"), body, headers }, "malformed_signature");
    const [start, stamp, rest] = id.split(".");
    const moved = { ...headers, "webhook-id": start, "webhook-timestamp": stamp };
    // It is the signed text, read in the only way that is possible: a sender who follows the specification does not sign it.
    await assertAccepted({
      path: hook("shop"),
      id: start,
      body: `${rest}.${time}.${body}`,
      headers: moved,
    });
    await assertEvents("shop", [start]);
  });
});

describe("a copy of a delivery of Gooten's", () => {
  test("is another event with another order's id in its address, or with a blank more in its body", async () => {
    const delivery = CAPTURED.gooten();
    await assertAccepted(delivery);
    const [other, changed] = [fresh(), `${GOOTEN} `];
    await assertAccepted({
      ...delivery,
      path: `${hook("gooten")}?orderid=${other}`,
      id: `${other}:${sign.sha256(GOOTEN)}`,
    });
    const [name] = delivery.id.split(":");
    await assertAccepted({ ...delivery, body: changed, id: `${name}:${sign.sha256(changed)}` });
    assert.equal((await worker.events()).length, 3);
  });

  test("is nothing without the token", async () => {
    const delivery = CAPTURED.gooten();
    await assertAnswered(
      { ...delivery, path: delivery.path.replace(SECRETS.GOOTEN_TOKEN, "another-token") },
      404,
      "not_found",
    );
    await assertEvents("gooten", []);
  });
});

test("a copy is refused once the secret that signed it is taken out", async () => {
  const delivery = CAPTURED.wakilni();
  await assertAccepted(delivery);
  await assertEvents("wakilni", [delivery.id]);
  const rotated = await start({ secrets: { ...SECRETS, WAKILNI_SECRET: "the-next-secret-2f6b" } });
  try {
    assert.equal(
      (await rotated.post(delivery.path, delivery.body, delivery.headers)).json.code,
      "signature_mismatch",
    );
    assert.deepEqual(await rotated.events(), []);
  } finally {
    await rotated.stop();
  }
});

for (const [dedup, meanwhile] of [
  ["kv", 202],
  ["strict", 200],
]) {
  test(`a copy in another isolate while KV cannot be read, dedup "${dedup}": ${meanwhile}`, async () => {
    const kv = await kvStandIn();
    const forgetful = await start({
      vars: { SOURCES, DEDUP: dedup },
      standIns: { SEEN: kv },
      isolates: 2,
    });
    try {
      const { path, body, headers, id } = CAPTURED.wakilni();
      const statuses = [];
      const post = async (isolate) => {
        statuses.push((await forgetful.isolates[isolate].post(path, body, headers)).status);
      };
      await post(0);
      await kv.requests.until(({ method }) => method === "PUT");
      await post(1);
      kv.mode = "fails";
      await post(2);
      // What an isolate has taken itself, it knows without KV.
      await post(0);
      kv.mode = "works";
      await post(2);
      assert.deepEqual(statuses, [202, 200, meanwhile, 200, 200]);
      const accepted = statuses.filter((status) => status === 202);
      assert.deepEqual(
        (await forgetful.events()).map((event) => event.id),
        accepted.map(() => id),
      );
    } finally {
      await forgetful.stop();
      await kv.stop();
    }
  });
}
