import {
  made,
  malformed,
  mismatch,
  missing,
  missingField,
  notJson,
  notUtf8,
  order,
  refused,
  status,
  unexpectedShape,
} from "./case.js";
import { hmac, otherTag, sha256 } from "./sign.js";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SIGNED = 1614265330;
const SEPARATED = "a text of at least one character, without the separator that is signed after it";
const EXPECTED = "44 characters of standard base64";
const OUT = refused(
  "timestamp_out_of_tolerance",
  "the signature is more than 300 s old, or more than 300 s ahead",
);

const STATUSES = [
  ["created", false],
  ["pending", false],
  ["confirmed", false],
  ["assigned", false],
  ["processing", false],
  ["picked", false],
  ["preparing", false],
  ["packed", false],
  ["info_received", false],
  ["ready_for_pickup", false],
  ["shipped", false],
  ["in_transit", false],
  ["out_for_delivery", false],
  ["delivered", true],
  ["postponed", false],
  ["on_hold", false],
  ["exception", false],
  ["attempt_failed", false],
  ["cancellation_pending", false],
  ["expired", false],
  ["cancelled", true],
  ["declined", true],
  ["rejected", true],
  ["failed", true],
  ["refunded", true],
  ["returning", false],
  ["returned", true],
  ["return_received", false],
  ["returned_to_stock", true],
  ["test", false],
];

export const standardWebhooks = () => [
  ...vectors(),
  ...statuses(),
  ...fields(),
  ...tags(),
  ...ages(),
  ...headers(),
];

const key = (secret) => Buffer.from(secret.replace("whsec_", ""), "base64");
const tagOf = (body, { secret = SECRET, id = ID, timestamp = SIGNED } = {}) =>
  `v1,${hmac("base64", key(secret), `${id}.${timestamp}.`, body)}`;

const signed = (body, known = {}) => [
  ["webhook-id", known.id ?? ID],
  ["webhook-timestamp", `${known.timestamp ?? SIGNED}`],
  ["webhook-signature", known.tags ?? tagOf(body, known)],
];

function standardCase(name, body, expect, { signed: known, ...more } = {}) {
  const headers = signed(body, known);
  return made({
    name,
    provider: "standard-webhooks",
    secrets: [SECRET],
    headers,
    body,
    now: SIGNED * 1000,
    expect,
    ...more,
  });
}

function vectors() {
  const text = '{"test": 2432232314}';
  const headers = [
    ["webhook-id", ID],
    ["webhook-timestamp", "1614265330"],
    ["webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
  ];
  const expect = missingField("data", { id: ID });
  return [
    standardCase("the published vector", text, expect, { headers }),
    standardCase("the published vector, the secret without its prefix", text, expect, {
      headers,
      secrets: [SECRET.slice("whsec_".length)],
    }),
  ];
}

const shipped = (data = {}, more = {}) =>
  JSON.stringify({
    type: "order.shipped",
    timestamp: "2021-02-25T15:02:10+00:00",
    ...more,
    data: { order_id: "o-1", status: "shipped", ...data },
  });
const event = (more = {}) =>
  order({
    id: ID,
    time: "2021-02-25T15:02:10Z",
    order: { id: "o-1" },
    status: status("shipped", { event: "order.shipped", word: "shipped" }),
    ...more,
  });

function statuses() {
  const of = (word, now, known) =>
    standardCase(
      `status ${word}`,
      shipped({ status: word }),
      event({
        test: now === "test",
        status: status(now, { event: "order.shipped", word, ...known }),
      }),
    );
  return [
    ...STATUSES.map(([word, final]) => of(word, word, { final })),
    of("unknown", "unknown", { documented: false }),
    of("abducted", "unknown", { documented: false }),
    of("Out For Delivery", "out_for_delivery", {}),
    of("canceled", "cancelled", { final: true }),
  ];
}

function fields() {
  const of = (name, body, expect, more) => standardCase(name, body, expect, more);
  const tracked = { tracking_number: 94001, tracking_url: "https://t/94001" };
  return [
    of(
      "tracking",
      shipped(tracked),
      event({ order: { id: "o-1", tracking_number: "94001", tracking_url: "https://t/94001" } }),
    ),
    of("data.id", shipped({ order_id: undefined, id: 7 }), event({ order: { id: "7" } })),
    of("data.order_id before data.id", shipped({ id: 7 }), event()),
    of(
      "no type",
      shipped({}, { type: undefined }),
      event({ status: status("shipped", { word: "shipped" }) }),
    ),
    of("no timestamp", shipped({}, { timestamp: undefined }), event({ time: undefined })),
    of(
      "a timestamp in the source's zone",
      shipped({}, { timestamp: "2021-02-25 15:02:10" }),
      event({ time: "2021-02-25T20:02:10Z" }),
      { utc_offset: "-05:00" },
    ),
    of("no order", shipped({ order_id: undefined }), missingField("data.order_id", { id: ID })),
    of("no status", shipped({ status: undefined }), missingField("data.status", { id: ID })),
    of("data that is a list", '{"data":["o-1","x","shipped"]}', missingField("data", { id: ID })),
    of("a body that is no JSON", "<xml/>", notJson({ id: ID })),
    of("an empty body", "", notJson({ id: ID })),
    of("a body that is a list", "[1]", unexpectedShape({ id: ID })),
    of("a body that is not UTF-8", Buffer.from([0xc3, 0x28]), notUtf8({ id: ID })),
  ];
}

function tags() {
  const text = shipped();
  const right = tagOf(text);
  const stale = tagOf(text, { secret: OTHER });
  const of = (name, tags, expect, more) =>
    standardCase(name, text, expect, { signed: { tags }, ...more });
  const bad = (name, tags) => of(name, tags, malformed("webhook-signature", EXPECTED));
  return [
    of("two tags, the first of an old secret", `${stale} ${right}`, event()),
    of("two tags, the second of an old secret", `${right} ${stale}`, event()),
    of("two tags, both of old secrets", `${stale} ${otherTagOf(stale)}`, mismatch),
    of("two headers with a tag each", `${right}, ${stale}`, event()),
    of("two headers with a tag each, the first stale", `${stale}, ${right}`, event()),
    of("tags of versions that nobody knows", `v1a,${"A".repeat(86)}== v2,abc ${right} v3`, event()),
    of("a tag that cannot be read beside one that can", `v1,abc ${right}`, event()),
    of("a tag twice", `${right} ${right}`, event()),
    of("two secrets, the tag under the second", right, event({ secret_index: 1 }), {
      secrets: [OTHER, SECRET],
    }),
    of("two secrets and both their tags", `${right} ${stale}`, event({ secret_index: 0 }), {
      secrets: [OTHER, SECRET],
    }),
    of("a tag under another secret", stale, mismatch),
    of(
      "the secret's text as the key",
      `v1,${hmac("base64", SECRET, `${ID}.${SIGNED}.${text}`)}`,
      mismatch,
    ),
    bad("only versions that nobody knows", `v1a,${right.slice(3)} v2,${right.slice(3)}`),
    bad("an empty header", ""),
    bad("no version", right.slice(3)),
    bad("the version twice", `v1,${right}`),
    bad("the version in capitals", `V1${right.slice(2)}`),
    bad("tags with a comma between them", `${right},${stale}`),
    bad("a blank after the version", `v1, ${right.slice(3)}`),
  ];
}

const otherTagOf = (tag) => `v1,${otherTag(tag.slice(3))}`;

function ages() {
  const text = shipped();
  const at = (millis, expect) =>
    standardCase(`signed ${millis} ms ago`, text, expect, { now: SIGNED * 1000 + millis });
  const stamped = (timestamp, expect) =>
    standardCase(`the timestamp "${timestamp}"`, text, expect, { signed: { timestamp } });
  const bad = malformed("webhook-timestamp", "a time in Unix seconds");
  return [
    at(300_000, event()),
    at(300_999, event()),
    at(301_000, OUT),
    at(-300_000, event()),
    at(-300_001, OUT),
    at(-301_000, OUT),
    standardCase("too old, and another tag too", text, OUT, {
      now: SIGNED * 1000 + 301_000,
      signed: { tags: otherTagOf(tagOf(text)) },
    }),
    stamped("0", OUT),
    stamped("1", OUT),
    stamped("18446744073709551615", OUT),
    stamped("18446744073709551616", bad),
    stamped("99999999999999999999", bad),
    stamped("-1", bad),
    stamped("+1614265330", bad),
    stamped("1614265330.5", bad),
    stamped(" 1614265330", bad),
    stamped("1614265330 ", bad),
    stamped("", bad),
    stamped("0x6037bb72", bad),
    stamped("2021-02-25T15:02:10Z", bad),
    stamped("01614265330", event()),
    standardCase("a timestamp that was not signed", text, mismatch, {
      headers: signed(text).with(1, ["webhook-timestamp", `${SIGNED + 1}`]),
    }),
  ];
}

function headers() {
  const text = shipped();
  const all = signed(text);
  const without = (name) =>
    standardCase(`no ${name}`, text, missing(name), {
      headers: all.filter(([key]) => key !== name),
    });
  const named = (name, id, expected, body = text) =>
    standardCase(
      name,
      body,
      body === text ? event({ id: expected }) : missingField("data", { id: expected }),
      { signed: { id } },
    );
  const cut = (name, id) =>
    standardCase(name, text, malformed("webhook-id", SEPARATED), { signed: { id } });
  return [
    without("webhook-id"),
    without("webhook-timestamp"),
    without("webhook-signature"),
    standardCase("another webhook-id", text, mismatch, {
      headers: all.with(0, ["webhook-id", "msg_other"]),
    }),
    standardCase("the headers in capitals", text, event(), {
      headers: all.map(([name, value]) => [name.toUpperCase(), value]),
    }),
    named("a webhook-id of 256 bytes", "m".repeat(256), "m".repeat(256)),
    named("a webhook-id of 257 bytes", "m".repeat(257), sha256("m".repeat(257))),
    named(
      "a webhook-id of 257 bytes, not understood",
      "m".repeat(257),
      sha256("m".repeat(257)),
      "{}",
    ),
    named("a webhook-id with a tab", "a\tb", sha256("a\tb")),
    named("a webhook-id that is a SHA-256", sha256("x"), sha256(sha256("x"))),
    cut("an empty webhook-id", ""),
    cut("a webhook-id with a full stop", "msg.1"),
    cut("a webhook-id that ends with a full stop", "msg_1."),
    cut("a webhook-id that holds a time and the beginning of a body", `msg_1.${SIGNED}.{"a":"`),
  ];
}
