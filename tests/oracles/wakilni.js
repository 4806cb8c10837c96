import {
  made,
  malformed,
  mismatch,
  missing,
  missingField,
  nested,
  notJson,
  notUtf8,
  order,
  status,
  unexpectedShape,
} from "./case.js";
import { hmac, otherTag, sample, sha256 } from "./sign.js";

const SECRET = "wakilni-example-secret";
const TAG = "x-webhook-signature";
const EXPECTED = "44 characters of standard base64";
const ID = "e2986cd1-1e85-4ef1-a85a-89488dd27b92";

const EVENTS = [
  ["Order Created", "created", false],
  ["Order Confirmed", "confirmed", false],
  ["Order Declined", "declined", true],
  ["Order Assigned", "assigned", false],
  ["Order Processed", "processing", false],
  ["Order Canceled", "cancelled", true],
  ["Order Postponed", "postponed", false],
  ["Order Completed", "delivered", true],
  ["Order Completed Rejected", "rejected", true],
  ["Order Closed Failed", "failed", true],
  ["Order Pending Cancelation", "cancellation_pending", false],
  ["Order Failed", "attempt_failed", false],
  ["Order Ready for Self-Pickup", "ready_for_pickup", false],
];

export const wakilni = () => [
  ...vectors(),
  ...samples(),
  ...events(),
  ...words(),
  ...fields(),
  ...moments(),
  ...identities(),
  ...bodies(),
  ...rotation(),
  ...refusals(),
];

const signed = (body, secret = SECRET) => [[TAG, hmac("base64", secret, body)]];

function wakilniCase(name, body, expect, more = {}) {
  return made({
    name,
    provider: "wakilni",
    secrets: [SECRET],
    headers: signed(body),
    body,
    expect,
    ...more,
  });
}

/** A body with `data` and, beside it, what is given; and the event that says the same. */
const body = (data, envelope = {}) =>
  JSON.stringify({
    event_id: ID,
    event: "Order Confirmed",
    timestamp: "2024-11-14 14:39:13",
    ...envelope,
    data,
  });
const confirmed = (known = {}) =>
  order({
    id: ID,
    order: { id: "1" },
    status: status("confirmed", { event: "Order Confirmed" }),
    ...known,
  });

function vectors() {
  const text =
    '{"event_id":"e2986cd1-1e85-4ef1-a85a-89488dd27b92","event":"Order Confirmed","timestamp":"2024-11-14 14:39:13","data":{"order_id":123456,"waybill":"WB-PLACEHOLDER","new_status_code":7,"new_status":"Confirmed","previous_status_code":1,"previous_status":"Pending","updated_at":"2024-11-14 14:39:10"}}';
  const headers = [
    ["x-webhook-signature", "SNtV7RidghyEwa8Fp8wijeD5anEgnmRTMMuRdLFaD1c="],
    ["x-webhook-topic", "Order Confirmed"],
    ["x-attempt-number", "1"],
    ["x-webhook-source", "https://api.wakilni.com"],
    ["x-webhook-id", "1"],
    ["x-webhook-delivery-id", "1"],
  ];
  const expect = (more) =>
    order({
      id: ID,
      attempt: 1,
      order: { id: "123456", tracking_number: "WB-PLACEHOLDER" },
      status: status("confirmed", {
        was: "pending",
        event: "Order Confirmed",
        word: "Confirmed",
        wasWord: "Pending",
      }),
      ...more,
    });
  return [
    wakilniCase("the vector", text, expect(), { headers }),
    wakilniCase(
      "the vector, with the zone configured",
      text,
      expect({ time: "2024-11-14T12:39:13Z" }),
      {
        headers,
        utc_offset: "+02:00",
      },
    ),
    wakilniCase("the vector, at a source of another name", text, expect(), {
      headers,
      source: "shop-2",
    }),
  ];
}

function samples() {
  const known = { id: "123456", tracking_number: "WB-PLACEHOLDER" };
  const zoned = { utc_offset: "+02:00" };
  const time = "2024-11-14T12:39:13Z";
  const pickup = { name: "Wakilni Dekwaneh", phone: "+96100000000" };
  const ready = status("ready_for_pickup", { event: "Order Ready for Self-Pickup" });
  const expected = {
    wakilni_order_created: {
      order: { ...known, created_at: "2024-11-14T12:39:10Z" },
      status: status("created", { event: "Order Created" }),
    },
    wakilni_order_confirmed: {
      order: known,
      status: status("confirmed", {
        was: "pending",
        event: "Order Confirmed",
        word: "Confirmed",
        wasWord: "Pending",
      }),
    },
    wakilni_order_assigned: {
      order: known,
      status: status("assigned", { event: "Order Assigned" }),
      driver: { name: "DRIVER-PLACEHOLDER", phone: "+96100000000" },
    },
    "wakilni_ready_for_self_pickup.object": { order: known, status: ready, pickup },
    "wakilni_ready_for_self_pickup.array": { order: known, status: ready, pickup },
  };
  return Object.entries(expected).map(([name, known]) =>
    wakilniCase(`sample ${name}`, sample(name), order({ id: ID, time, ...known }), zoned),
  );
}

function events() {
  return EVENTS.map(([event, now, final]) => {
    const word = event.slice("Order ".length);
    const text = body({ order_id: 77, new_status: word, previous_status: "Created" }, { event });
    const known = { was: "created", final, event, word, wasWord: "Created" };
    return wakilniCase(
      `event ${event}`,
      text,
      order({ id: ID, order: { id: "77" }, status: status(now, known) }),
    );
  });
}

/** An event with a new name, whose status is an old one: the status says what happened. */
function words() {
  const known = [
    ["Pending", "pending", false],
    ...EVENTS.map(([event, ...rest]) => [event.slice("Order ".length), ...rest]),
  ];
  const event = "Order Updated";
  const unknown = { documented: false, event };
  return [
    ...known.map(([word, now, final]) =>
      wakilniCase(
        `status ${word} of an event that no page has`,
        body({ order_id: 77, new_status: word, previous_status: word }, { event }),
        order({
          id: ID,
          order: { id: "77" },
          status: status(now, { was: now, final, documented: false, event, word, wasWord: word }),
        }),
      ),
    ),
    wakilniCase(
      "neither the event nor the status is on a page",
      body({ order_id: 77, new_status: "Teleported", previous_status: "Beamed" }, { event }),
      order({
        id: ID,
        order: { id: "77" },
        status: status("unknown", {
          ...unknown,
          was: "unknown",
          word: "Teleported",
          wasWord: "Beamed",
        }),
      }),
    ),
    wakilniCase(
      "an event that no page has, without a status",
      body({ order_id: 77 }, { event }),
      order({ id: ID, order: { id: "77" }, status: status("unknown", unknown) }),
    ),
    ...["order cancelled", "ORDER CANCELED", "Order_Canceled", "OrderCancelled"].map((event) =>
      wakilniCase(
        `the event as ${event}`,
        body({ order_id: 77 }, { event }),
        order({ id: ID, order: { id: "77" }, status: status("cancelled", { final: true, event }) }),
      ),
    ),
  ];
}

function fields() {
  const assigned = (data, driver) =>
    wakilniCase(
      `the driver of ${JSON.stringify(data)}`,
      body({ order_id: 1, ...data }, { event: "Order Assigned" }),
      confirmed({ status: status("assigned", { event: "Order Assigned" }), driver }),
    );
  const pickup = (location, pickup) =>
    wakilniCase(
      `the location ${JSON.stringify(location)}`,
      body({ order_id: 1, location }, { event: "Order Ready for Self-Pickup" }),
      confirmed({
        status: status("ready_for_pickup", { event: "Order Ready for Self-Pickup" }),
        pickup,
      }),
    );
  const attempt = (value, attempt) =>
    wakilniCase(`the attempt "${value}"`, body({ order_id: 1 }), confirmed({ attempt }), {
      headers: [...signed(body({ order_id: 1 })), ["X-Attempt-Number", value]],
    });
  const orderId = (digits, id) =>
    wakilniCase(
      `the order_id ${digits}`,
      `{"event_id":"${ID}","event":"Order Confirmed","data":{"order_id":${digits}}}`,
      confirmed({ order: { id } }),
    );
  return [
    assigned({}, null),
    assigned({ driver_name: null, driver_phone: null }, null),
    assigned({ driver_name: "Rami", driver_phone: null }, { name: "Rami", phone: null }),
    assigned({ driver_name: " ", driver_phone: 96100000000 }, { name: null, phone: "96100000000" }),
    assigned({ driver_name: ["Rami"], driver_phone: false }, null),
    pickup(null, null),
    pickup([], null),
    pickup("Dekwaneh", null),
    pickup({ office_name: "Dekwaneh" }, { name: "Dekwaneh", phone: null }),
    pickup(["x", null, { phone_number: "+961" }, { office_name: "b" }], {
      name: null,
      phone: "+961",
    }),
    attempt("1", 1),
    attempt("4294967295", 4294967295),
    attempt("4294967296", null),
    attempt("", null),
    attempt("first", null),
    attempt("-1", null),
    orderId('"123456"', "123456"),
    orderId("123456", "123456"),
    orderId("-1", "-1"),
    orderId("9007199254740993", "9007199254740993"),
    orderId("123456789012345678901234567890", "123456789012345678901234567890"),
    orderId("1e400", "1e400"),
    orderId("0.10", "0.10"),
    orderId(String.raw`"A-\"1\"\u00e9\ud83d\ude00\/"`, 'A-"1"é😀/'),
    orderId('"é😀"', "é😀"),
    wakilniCase("waybill null", body({ order_id: 1, waybill: null }), confirmed()),
    wakilniCase("waybill of another type", body({ order_id: 1, waybill: { a: 1 } }), confirmed()),
    wakilniCase(
      "fields that no page has",
      body({ order_id: 1, b: [{}] }, { extra: { a: [1, 2] } }),
      confirmed(),
    ),
  ];
}

function moments() {
  const at = (timestamp, utc_offset, time) =>
    wakilniCase(
      `the timestamp ${JSON.stringify(timestamp)} with ${utc_offset ? `the zone ${utc_offset}` : "no zone"}`,
      body({ order_id: 1, created_at: timestamp }, { timestamp }),
      confirmed({ time, order: { id: "1", created_at: time ?? null } }),
      utc_offset ? { utc_offset } : {},
    );
  const ahead = (timestamp, created_at) =>
    wakilniCase(
      `the timestamp ${timestamp}, which is too far ahead`,
      body({ order_id: 1, created_at: timestamp }, { timestamp }),
      confirmed({ order: { id: "1", created_at } }),
    );
  return [
    at("2024-11-14 14:39:13", undefined, undefined),
    at("2024-11-14 14:39:13", "+02:00", "2024-11-14T12:39:13Z"),
    at("2024-11-14 01:39:13", "+02:00", "2024-11-13T23:39:13Z"),
    at("2023-12-31 23:00:00", "-02:30", "2024-01-01T01:30:00Z"),
    at("2024-11-14 14:39:13", "Z", "2024-11-14T14:39:13Z"),
    at("2024-11-14T14:39:13Z", "+02:00", "2024-11-14T14:39:13Z"),
    at("2024-11-14T14:39:13.5+03:00", undefined, "2024-11-14T11:39:13.5Z"),
    // A day ahead of receipt, and a second more.
    at("2024-11-15T12:39:14Z", undefined, "2024-11-15T12:39:14Z"),
    at("2024-11-15T12:39:14.999Z", undefined, "2024-11-15T12:39:14.999Z"),
    ahead("2024-11-15T12:39:15Z", "2024-11-15T12:39:15Z"),
    ahead("9999-12-31 23:59:59Z", "9999-12-31T23:59:59Z"),
    at("0001-01-01T00:00:00Z", undefined, "0001-01-01T00:00:00Z"),
    at("2023-02-29 00:00:00", "+02:00", undefined),
    at("14/11/2024", "+02:00", undefined),
    at("", "+02:00", undefined),
    at(null, "+02:00", undefined),
    at(1731587953, "+02:00", "2024-11-14T12:39:13Z"),
  ];
}

function identities() {
  const named = (name, json, id) =>
    wakilniCase(
      name,
      `{"event_id":${json},"event":"Order Confirmed","data":{"order_id":1}}`,
      confirmed({ id }),
    );
  const ordered = (name, json, id, subject) =>
    wakilniCase(
      name,
      `{"event_id":"${ID}","event":"Order Confirmed","data":{"order_id":${json}}}`,
      confirmed({ order: { id }, subject }),
    );
  const absent = (json) =>
    wakilniCase(
      `the event_id ${json}`,
      `{"event_id":${json},"event":"Order Confirmed","data":{"order_id":1}}`,
      missingField("event_id"),
    );
  const long = "x".repeat(257);
  return [
    named("the event_id 12", "12", "12"),
    named(
      "the event_id 12345678901234567890123",
      "12345678901234567890123",
      "12345678901234567890123",
    ),
    named("an event_id of 256 bytes", `"${"x".repeat(256)}"`, "x".repeat(256)),
    named("an event_id of 257 bytes", `"${long}"`, sha256(long)),
    named("an event_id of 128 letters in 256 bytes", `"${"é".repeat(128)}"`, "é".repeat(128)),
    named(
      "an event_id of 129 letters in 258 bytes",
      `"${"é".repeat(129)}"`,
      sha256("é".repeat(129)),
    ),
    named("an event_id with NUL", String.raw`"a\u0000b"`, sha256("a\0b")),
    named("an event_id with a line feed", String.raw`"a\nb"`, sha256("a\nb")),
    named("an event_id with DEL", '"a\u007fb"', sha256("a\u007fb")),
    named("an event_id with a C1 control", '"a\u0085b"', sha256("a\u0085b")),
    named("an event_id with a colon and a slash", '"a:b/c"', "a:b/c"),
    named("an event_id with a noncharacter", '"a\ufffe"', sha256("a\ufffe")),
    named("an event_id with the last noncharacter", '"a\u{10ffff}"', sha256("a\u{10ffff}")),
    named("an event_id that is a SHA-256", `"${sha256("")}"`, sha256(sha256(""))),
    named("an event_id that ends with a SHA-256", `"a:${sha256("")}"`, sha256(`a:${sha256("")}`)),
    named(
      "an event_id that is a SHA-256 in capitals",
      `"${sha256("").toUpperCase()}"`,
      sha256("").toUpperCase(),
    ),
    ordered("an order_id with NUL and BEL", String.raw`"a\u0000b\u0007"`, "a\0b\u0007", "a%00b%07"),
    ordered(
      "an order_id with a noncharacter and a percent sign",
      String.raw`"50%\ufdd0"`,
      "50%\ufdd0",
      "50%25%EF%B7%90",
    ),
    ordered("an order_id with a percent sign", '"50%"', "50%", "50%"),
    named("an event_id with blanks around it", '" a "', " a "),
    absent("null"),
    absent('""'),
    absent('"  "'),
    absent("true"),
    absent("{}"),
    absent("[]"),
    absent(String.raw`"\ud800"`),
  ];
}

function bodies() {
  const plain = body({ order_id: 1 });
  const more = (inner) => `${plain.slice(0, -1)},${inner}}`;
  const without = (key) => {
    const { [key]: _, ...rest } = JSON.parse(plain);
    return JSON.stringify(rest);
  };
  const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
  const shape = (text) => wakilniCase(`the body ${text}`, text, unexpectedShape());
  return [
    wakilniCase("a BOM before the body", `\ufeff${plain}`, confirmed()),
    wakilniCase("two BOMs before the body", `\ufeff\ufeff${plain}`, notJson()),
    wakilniCase("blanks around the body", `\r\n\t ${plain} \n`, confirmed()),
    wakilniCase("an empty body", "", notJson()),
    wakilniCase("a body of blanks", " \n", notJson()),
    wakilniCase("a body that is no JSON", "event_id=1&event=Order+Confirmed", notJson()),
    wakilniCase("a body that is cut off", plain.slice(0, -2), notJson()),
    wakilniCase("a body with something after it", `${plain}x`, notJson()),
    wakilniCase("a body with NUL after it", `${plain}\0`, notJson()),
    wakilniCase("a body of NUL", "\0", notJson()),
    wakilniCase(
      "NUL as it is in a string",
      body({ order_id: 1 }).replace("14:39:13", "14\0"),
      notJson(),
    ),
    wakilniCase("two values", `${plain}${plain}`, notJson()),
    wakilniCase("a body that is not UTF-8", bytes([0xff, 0xfe], plain), notUtf8()),
    wakilniCase(
      "Latin-1 in a string",
      bytes(plain.slice(0, -1), ',"a":"caf', [0xe9], '"}'),
      notUtf8(),
    ),
    wakilniCase(
      "a surrogate in UTF-8",
      bytes(plain.slice(0, -1), ',"a":"', [0xed, 0xa0, 0x80], '"}'),
      notUtf8(),
    ),
    ...[
      "null",
      "true",
      "1",
      '"x"',
      "[]",
      "[{}]",
      "[1,2,3,4]",
      "[1,2,3,4,5]",
      `["${ID}","Order Confirmed",null,[1]]`,
    ].map(shape),
    wakilniCase("a key twice", more('"event_id":"other"'), missingField("event_id")),
    wakilniCase(
      "a key twice, once with an escape",
      more(String.raw`"\u0065vent_id":"other"`),
      missingField("event_id"),
    ),
    wakilniCase("an optional key twice", more('"timestamp":"2024-11-14 14:39:13"'), confirmed(), {
      utc_offset: "+02:00",
    }),
    wakilniCase("data twice", more('"data":{"order_id":1}'), missingField("data")),
    wakilniCase("a key twice that nobody reads", more('"a":1,"a":2'), confirmed()),
    wakilniCase(
      "a key of data twice",
      plain.replace('"order_id":1', '"order_id":1,"order_id":2'),
      missingField("data.order_id"),
    ),
    wakilniCase("a body without event_id", without("event_id"), missingField("event_id")),
    wakilniCase("a body without event", without("event"), missingField("event")),
    wakilniCase("a body without data", without("data"), missingField("data")),
    wakilniCase("a body without timestamp", without("timestamp"), confirmed()),
    wakilniCase("data that is null", body(null), missingField("data")),
    wakilniCase("data that is a list", body([1, "WB"]), missingField("data")),
    wakilniCase("data without order_id", body({}), missingField("data.order_id")),
    wakilniCase(
      "data with a blank order_id",
      body({ order_id: " " }),
      missingField("data.order_id"),
    ),
    wakilniCase("an empty object", "{}", missingField("event_id")),
    wakilniCase("10,000 levels beside what is read", more(`"a":${nested(10_000)}`), confirmed()),
    wakilniCase(
      "10,000 levels where a text is read",
      more(`"timestamp2":0`).replace('"2024-11-14 14:39:13"', nested(10_000)),
      confirmed(),
    ),
    wakilniCase(
      "10,000 levels in the place of data",
      body(0).replace('"data":0', `"data":${nested(10_000)}`),
      missingField("data"),
    ),
    wakilniCase("10,000 levels and nothing else", nested(10_000), unexpectedShape()),
    wakilniCase("10,000 levels that never end", "[".repeat(10_000), notJson()),
    wakilniCase(
      "10,000 objects in objects",
      more(`"a":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`),
      confirmed(),
    ),
  ];
}

function rotation() {
  const text = body({ order_id: 1 });
  const of = (name, secrets, expect) => wakilniCase(name, text, expect, { secrets });
  return [
    of("the first of two secrets", [SECRET, "old"], confirmed({ secret_index: 0 })),
    of("the second of two secrets", ["new", SECRET], confirmed({ secret_index: 1 })),
    of("the third of three secrets", ["new", "newer", SECRET], confirmed({ secret_index: 2 })),
    of("none of two secrets", ["new", "newer"], mismatch),
    of("a secret with a blank after it", [`${SECRET} `], mismatch),
    of("a secret that is long", ["s".repeat(200), SECRET], confirmed({ secret_index: 1 })),
  ];
}

function refusals() {
  const text = body({ order_id: 1 });
  const tag = hmac("base64", SECRET, text);
  const bad = (name, value) =>
    wakilniCase(name, text, malformed(TAG, EXPECTED), { headers: [[TAG, value]] });
  const off = (name, body, value = tag) =>
    wakilniCase(name, body, mismatch, { headers: [[TAG, value]] });
  return [
    wakilniCase("no header", text, missing(TAG), { headers: [] }),
    wakilniCase("only headers that are not signed", text, missing(TAG), {
      headers: [["x-webhook-id", "1"]],
    }),
    wakilniCase("the header in capitals", text, confirmed(), {
      headers: [["X-WEBHOOK-SIGNATURE", tag]],
    }),
    bad("an empty tag", ""),
    bad("a tag in hex", hmac("hex", SECRET, text)),
    bad("a tag in base64url", `-${tag.slice(1)}`),
    bad("a tag without its padding", tag.slice(0, -1)),
    bad("a tag with more padding", `${tag}=`),
    bad("a tag that is too short", `${tag.slice(4)}`),
    bad("a tag that is too long", `AAAA${tag}`),
    bad("a tag with a blank before it", ` ${tag}`),
    bad("a tag with a blank after it", `${tag} `),
    bad("a tag with a prefix", `sha256=${tag}`),
    wakilniCase("the header twice", text, malformed(TAG, EXPECTED), {
      headers: [
        [TAG, tag],
        [TAG, tag],
      ],
    }),
    off("a line feed added to the body", `${text}\n`),
    off("a BOM added to the body", `\ufeff${text}`),
    off("the body parsed and written again", JSON.stringify(JSON.parse(text), null, 2)),
    off("an empty body in its place", ""),
    off("another tag", text, otherTag(tag)),
    off("a tag under another secret", text, hmac("base64", "other", text)),
    off("a tag under no secret", text, hmac("base64", "", text)),
  ];
}
