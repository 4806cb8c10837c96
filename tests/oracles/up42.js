import {
  digestMismatch,
  made,
  malformed,
  mismatch,
  missing,
  missingField,
  notAuthenticated,
  tokenMismatch,
  notJson,
  order,
  refused,
  status,
} from "./case.js";
import { hmac, otherTag, sample, sha256 } from "./sign.js";

const SECRET = "QWZTFnMEXhqZKNmu";
const CREATED = 1673235292;
const NOW = CREATED * 1000 + 500;
const ID = "5f290b80-d8d7-4d1c-bbe6-626d4f00dad3";
const ORDER = "00000000-0000-0000-0000-000000000001";
const TIME = "2023-01-09T03:34:52.267042Z";
const INPUT = '`label=("header" …);created=<unix seconds>`';
const LISTED = "a list of headers that are all present and not all empty";
const SIGNATURE =
  "`label=<tag>`, with the label of `signature-input` and the tag in 44 characters of standard base64";
const TOO_OLD = refused(
  "timestamp_out_of_tolerance",
  "the signature is more than 299 s old, or more than 299 s ahead",
);

const ORDER_STATUSES = [
  ["CREATED", "created", false],
  ["BEING_PLACED", "pending", false],
  ["PLACED", "confirmed", false],
  ["PLACEMENT_FAILED", "attempt_failed", false],
  ["BEING_FULFILLED", "processing", false],
  ["DELIVERY_INITIALIZATION_FAILED", "attempt_failed", false],
  ["DOWNLOAD_FAILED", "attempt_failed", false],
  ["DOWNLOADED", "processing", false],
  ["FULFILLED", "delivered", true],
  ["FAILED_PERMANENTLY", "failed", true],
  ["FAILED PERMANENTLY", "failed", true],
  ["CANCELED", "cancelled", true],
];

const JOB_STATUSES = [
  ["ERROR", "failed", true],
  ["FAILED", "failed", true],
  ["CANCELLED", "cancelled", true],
  ["SUCCEEDED", "delivered", true],
  ["NOT_STARTED", "created", false],
];

export const up42 = () => [
  ...vectors(),
  ...statuses(),
  ...fields(),
  ...coverage(),
  ...ages(),
  ...refusals(),
];

const digest = (body) => `SHA-256=${sha256(body, "base64")}`;
const contentDigest = (body) => `sha-256=:${sha256(body, "base64")}:`;

/** The headers of a delivery that signs these; `listed` defaults to all of them. */
function signed(
  covered,
  {
    listed = covered.map(([name]) => name),
    created = CREATED,
    label = "up42-sig",
    secret = SECRET,
  } = {},
) {
  const values = covered.filter(([name]) => listed.includes(name)).map(([, value]) => value);
  const list = listed.map((name) => `"${name}"`).join(" ");
  return [
    ...covered,
    ["signature-input", `${label}=(${list});created=${created}`],
    ["signature", `${label}=${hmac("base64", secret, ...values)}`],
  ];
}

const HOST = ["host", "my.sample.endpoint.com"];
const DATE = ["date", "Mon, 09 Jan 2023 03:34:52 GMT"];
const usual = (body) => [HOST, DATE, ["digest", digest(body)]];

function up42Case(name, body, expect, more = {}) {
  const headers = signed(usual(body));
  return made({
    name,
    provider: "up42",
    secrets: [SECRET],
    headers,
    body,
    now: NOW,
    expect,
    ...more,
  });
}

const post = (body, envelope = {}) =>
  JSON.stringify({
    event: "order.status",
    liveMode: true,
    messageId: ID,
    timestamp: TIME,
    ...envelope,
    body,
  });
const FULFILLED = {
  orderId: "o-1",
  orderType: "ARCHIVE",
  dataHostName: "host",
  status: "FULFILLED",
  statusIsFinal: true,
};
const fulfilled = (more = {}) =>
  order({
    id: ID,
    time: TIME,
    order: { id: "o-1" },
    status: status("delivered", { final: true, event: "order.status", word: "FULFILLED" }),
    ...more,
  });

function vectors() {
  const text =
    '{"event":"order.status","liveMode":false,"messageId":"5f290b80-d8d7-4d1c-bbe6-626d4f00dad3","timestamp":"2023-01-09T03:34:52.267042Z","body":{"orderId":"00000000-0000-0000-0000-000000000001","orderType":"TASKING","dataHostName":"test-up42-host-name","status":"FULFILLED","statusIsFinal":true}}';
  const headers = [
    HOST,
    DATE,
    ["digest", "SHA-256=dZxewBNBuHkAo1xbM0hmNEYPLEfeNNk5VFvw7ZqIYJk="],
    ["signature-input", 'up42-sig=("host" "date" "digest");created=1673235292'],
    ["signature", "up42-sig=bWaawcUNTYLDq8bl+1kaMJ4ffz5fk6sK17scj0tRfoc="],
  ];
  const expect = fulfilled({ test: true, order: { id: ORDER } });
  return [
    up42Case("the vector", text, expect, { headers }),
    up42Case("the vector, at a source with a token", text, expect, {
      headers,
      token_matched: true,
    }),
    up42Case("the vector, where the URL held no token", text, tokenMismatch, {
      headers,
      token_matched: false,
    }),
    up42Case(
      "sample up42_order_status_test_delivery",
      sample("up42_order_status_test_delivery"),
      expect,
    ),
    up42Case("the second of two secrets", text, (of) => ({ ...expect(of), secret_index: 1 }), {
      headers,
      secrets: ["new", SECRET],
    }),
  ];
}

function statuses() {
  const of =
    (event, idKey) =>
    ([word, now, final]) =>
      up42Case(
        `${event} ${word}`,
        post({ [idKey]: "o-1", status: word, statusIsFinal: final }, { event }),
        fulfilled({ status: status(now, { final, event, word }) }),
      );
  const own = (word, statusIsFinal, now, known) =>
    up42Case(
      `${word} with statusIsFinal ${JSON.stringify(statusIsFinal)}`,
      post({ orderId: "o-1", status: word, statusIsFinal }),
      fulfilled({ status: status(now, { event: "order.status", word, ...known }) }),
    );
  return [
    ...ORDER_STATUSES.map(of("order.status", "orderId")),
    ...JOB_STATUSES.map(of("job.status", "jobId")),
    of("job.status", "id")(JOB_STATUSES[3].with(0, "succeeded")),
    own("DOWNLOADED", undefined, "processing", {}),
    own("FULFILLED", undefined, "delivered", { final: true }),
    own("FULFILLED", null, "delivered", { final: true }),
    own("FULFILLED", "yes", "delivered", { final: true }),
    own("FULFILLED", false, "delivered", { final: false }),
    own("ABANDONED", true, "unknown", { final: true, documented: false }),
    own("ABANDONED", undefined, "unknown", { documented: false }),
  ];
}

function fields() {
  const of = (name, text, expect) => up42Case(name, text, expect);
  return [
    of("liveMode false", post(FULFILLED, { liveMode: false }), fulfilled({ test: true })),
    of("liveMode absent", post(FULFILLED, { liveMode: undefined }), fulfilled()),
    of("liveMode that is a text", post(FULFILLED, { liveMode: "false" }), fulfilled()),
    of(
      "no event",
      post(FULFILLED, { event: undefined }),
      fulfilled({ status: status("delivered", { final: true, word: "FULFILLED" }) }),
    ),
    of("no timestamp", post(FULFILLED, { timestamp: undefined }), fulfilled({ time: undefined })),
    of("a messageId that is a number", post(FULFILLED, { messageId: 7 }), fulfilled({ id: "7" })),
    of(
      "an orderId that is a number",
      post({ ...FULFILLED, orderId: 7 }),
      fulfilled({ order: { id: "7" } }),
    ),
    of("orderId before jobId and id", post({ ...FULFILLED, id: "c", jobId: "b" }), fulfilled()),
    of("no messageId", post(FULFILLED, { messageId: undefined }), missingField("messageId")),
    of("no body", post(undefined), missingField("body")),
    of("a body that is a list", post(["o-1", "x", "y", "FULFILLED"]), missingField("body")),
    of("no status", post({ orderId: "o-1" }), missingField("body.status")),
    of("no orderId", post({ status: "FULFILLED" }), missingField("body.orderId")),
    of("a body that is no JSON", "FULFILLED", notJson()),
    of("an empty body", "", notJson()),
    up42Case(
      "the order's zone where the text has none",
      post(FULFILLED, { timestamp: "2023-01-09 03:34:52" }),
      fulfilled({ time: "2023-01-09T02:34:52Z" }),
      { utc_offset: "+01:00" },
    ),
  ];
}

/** What the signature says about the body. */
function coverage() {
  const text = post(FULFILLED);
  const other = text.replace("o-1", "o-2");
  const of = (name, covered, expect, more = {}) =>
    up42Case(name, text, expect, { headers: signed(covered, more), ...more });
  const headersSigned = fulfilled({ authenticity: "headers_signed" });
  const byToken = fulfilled({ authenticity: "url_token" });
  const bare = (name, secrets, token_matched, expect, headers = []) =>
    up42Case(name, text, expect, { secrets, headers, token_matched });
  return [
    of("content-digest alone", [["content-digest", contentDigest(text)]], fulfilled()),
    of(
      "content-digest beside others",
      [HOST, ["Content-Digest", contentDigest(text)]],
      fulfilled(),
    ),
    of(
      "both digests",
      [
        ["digest", digest(text)],
        ["content-digest", contentDigest(text)],
      ],
      fulfilled(),
    ),
    of("a digest in the other's form", [["digest", contentDigest(text)]], fulfilled()),
    of(
      "a digest beside one of another algorithm",
      [["digest", `sha-512=:AAAA:, ${contentDigest(text)}`]],
      fulfilled(),
    ),
    of(
      "the list's names in capitals",
      [
        ["date", DATE[1]],
        ["Digest", digest(text)],
      ],
      fulfilled(),
    ),
    of("no digest, no token", [HOST, DATE], notAuthenticated),
    of("no digest, and no token in the URL", [HOST, DATE], tokenMismatch, {
      token_matched: false,
    }),
    of("no digest, with the token", [HOST, DATE], headersSigned, { token_matched: true }),
    of("a digest that is sent and not listed", usual(text), notAuthenticated, {
      listed: ["host", "date"],
    }),
    of("a digest that is sent and not listed, with the token", usual(text), headersSigned, {
      listed: ["host", "date"],
      token_matched: true,
    }),
    of("the digest of another body", [DATE, ["digest", digest(other)]], digestMismatch),
    of(
      "the digest of another body, with the token",
      [DATE, ["digest", digest(other)]],
      digestMismatch,
      { token_matched: true },
    ),
    of(
      "the second digest that of another body",
      [
        ["digest", digest(text)],
        ["content-digest", contentDigest(other)],
      ],
      digestMismatch,
    ),
    of(
      "a digest of another algorithm alone",
      [["digest", `SHA-512=${sha256(text, "base64")}`]],
      notAuthenticated,
    ),
    of(
      "a digest of another algorithm alone, with the token",
      [["digest", `SHA-512=${sha256(text, "base64")}`]],
      headersSigned,
      {
        token_matched: true,
      },
    ),
    of("an empty digest", [DATE, ["digest", ""]], notAuthenticated),
    of(
      "a digest of another algorithm beside that of another body",
      [
        ["digest", "sha-512=:AAAA:"],
        ["content-digest", contentDigest(other)],
      ],
      digestMismatch,
      {
        token_matched: true,
      },
    ),
    up42Case("another body than the digest's", other, digestMismatch, {
      headers: signed(usual(text)),
    }),
    up42Case("another body and its own digest", other, mismatch, {
      headers: signed(usual(text)).with(2, ["digest", digest(other)]),
    }),
    bare("a token alone", [], true, byToken),
    bare(
      "a token alone, and a signature that nobody checks",
      [],
      true,
      byToken,
      signed(usual(other), { secret: "other" }),
    ),
    bare("a token alone that the URL did not hold", [], false, notAuthenticated),
    bare("a token and a secret, and no signature", [SECRET], true, missing("signature-input")),
    up42Case(
      "no digest, with the token, and no JSON",
      "FULFILLED",
      notJson({ authenticity: "headers_signed" }),
      {
        headers: signed([HOST, DATE]),
        token_matched: true,
      },
    ),
    up42Case(
      "a messageId of 192 bytes, no digest, with the token",
      post(FULFILLED, { messageId: "m".repeat(192) }),
      fulfilled({ id: sha256("m".repeat(192)), authenticity: "headers_signed" }),
      { headers: signed([HOST, DATE]), token_matched: true },
    ),
  ];
}

function ages() {
  const text = post(FULFILLED);
  const at = (millis, expect) =>
    up42Case(`signed ${millis} ms ago`, text, expect, { now: CREATED * 1000 + millis });
  const created = (created, expect) =>
    up42Case(`created=${created}`, text, expect, { headers: signed(usual(text), { created }) });
  const bad = malformed("signature-input", INPUT);
  return [
    at(0, fulfilled()),
    at(299_000, fulfilled()),
    at(299_999, fulfilled()),
    at(300_000, TOO_OLD),
    at(-1, fulfilled()),
    at(-299_000, fulfilled()),
    at(-299_001, TOO_OLD),
    at(-300_000, TOO_OLD),
    created("0", TOO_OLD),
    created("1", TOO_OLD),
    created("18446744073709551615", TOO_OLD),
    created("18446744073709551616", bad),
    created("-1", bad),
    created("+1", bad),
    created("1673235292.5", bad),
    created(" 1673235292", bad),
    created("", bad),
    created('"1673235292"', fulfilled()),
    created("01673235292", fulfilled()),
  ];
}

function refusals() {
  const text = post(FULFILLED);
  const headers = Object.fromEntries(signed(usual(text)));
  const of = (name, changes, expect) =>
    up42Case(name, text, expect, {
      headers: Object.entries({ ...headers, ...changes }).filter(
        ([, value]) => value !== undefined,
      ),
    });
  const input = (name, value) =>
    of(name, { "signature-input": value }, malformed("signature-input", INPUT));
  const listed = (name, value) =>
    of(name, { "signature-input": value }, malformed("signature-input", LISTED));
  const signature = (name, value) =>
    of(name, { signature: value }, malformed("signature", SIGNATURE));
  const tag = headers.signature.slice("up42-sig=".length);
  const constant = hmac("base64", SECRET);
  return [
    of("no signature-input", { "signature-input": undefined }, missing("signature-input")),
    of("no signature", { signature: undefined }, missing("signature")),
    of("the tag between colons", { signature: `up42-sig=:${tag}:` }, fulfilled()),
    of("another tag", { signature: `up42-sig=${otherTag(tag)}` }, mismatch),
    of("a listed header changed", { host: "other" }, mismatch),
    of(
      "the list in another order",
      { "signature-input": `up42-sig=("date" "host" "digest");created=${CREATED}` },
      mismatch,
    ),
    of(
      "other parameters",
      {
        "signature-input": `up42-sig=("host" "date" "digest");alg="hmac-sha256";created=${CREATED};keyid="a;b"`,
      },
      fulfilled(),
    ),
    of(
      "an empty list with the tag of nothing",
      { "signature-input": `up42-sig=();created=${CREATED}`, signature: `up42-sig=${constant}` },
      malformed("signature-input", INPUT),
    ),
    input("no list", `up42-sig=created=${CREATED}`),
    input("a name twice", `up42-sig=("host" "date" "digest" "date");created=${CREATED}`),
    input(
      "a name twice, in capitals",
      `up42-sig=("host" "date" "digest" "Host");created=${CREATED}`,
    ),
    input("3,000 names", `up42-sig=(${'"host" '.repeat(3000)});created=${CREATED}`),
    input(
      "33 names",
      `up42-sig=(${Array.from({ length: 33 }, (_, i) => `"x-${i}"`).join(" ")});created=${CREATED}`,
    ),
    input("no created", 'up42-sig=("host" "date" "digest")'),
    input(
      "created twice",
      `up42-sig=("host" "date" "digest");created=${CREATED};created=${CREATED}`,
    ),
    input("two lists", `up42-sig=("host");created=${CREATED}, b=("date");created=${CREATED}`),
    input("an empty header", ""),
    listed(
      "a listed header that is missing",
      `up42-sig=("host" "date" "digest" "x-other");created=${CREATED}`,
    ),
    up42Case("listed headers that are all empty", text, malformed("signature-input", LISTED), {
      headers: signed([
        ["x-a", ""],
        ["x-b", ""],
      ]),
      token_matched: true,
    }),
    signature("another label", `other=${tag}`),
    signature("no label", tag),
    signature("the tag without its padding", `up42-sig=${tag.slice(0, -1)}`),
    signature("the tag in hex", `up42-sig=${Buffer.from(tag, "base64").toString("hex")}`),
    signature("a colon on one side", `up42-sig=:${tag}`),
    signature("an empty signature", ""),
  ];
}
