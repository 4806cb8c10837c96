// Requests that are made to break something, and the answer to each. A row is a name, the bytes for a body that is signed
// correctly, and the answers in words, or BY_RUNTIME.
import { SECRETS, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { LAST_CHUNK, chunk, head, lines } from "../support/wire.js";

/** MAX_BODY_BYTES */
export const MOST = 4096;
// Text that must be in no line and in no answer.
export const CUSTOMER = "Nadia Hostile";
export const NEEDLE = "needle-6f1d20c9";

export const PATH = hook("wakilni");
export const HOST = "host: hooks.example";

export const headersOf = (body) => sign.wakilni(SECRETS.WAKILNI_SECRET, body);
const signed = (body) => lines(headersOf(body));
const signatureOf = (body) => headersOf(body)["x-webhook-signature"];

const GOOD = { method: "POST", target: PATH, version: "HTTP/1.1", host: HOST, more: [] };

/** Returns a valid delivery with these changes. `as` is sent in the body's place. */
export function delivery(body, given = {}) {
  const {
    method,
    target,
    version,
    host,
    more,
    as = body,
    framing = `content-length: ${as.length}`,
  } = { ...GOOD, ...given };
  const headers = [host, `x-note: ${NEEDLE}`, signed(body), more, framing].flat();
  return head(`${method} ${target} ${version}`, headers) + as;
}

export const ACCEPTED = ["202 accepted"];
const NOT_FOUND = ["404 not_found"];
const CUT = ["400 body_unreadable"];
const MISSING = ["401 missing_signature"];
const MALFORMED = ["401 malformed_signature"];
export const MISMATCH = ["401 signature_mismatch"];
const TOO_LARGE = ["413 body_too_large"];
/** The runtime refuses or closes the connection. The Worker does not decide which; both are right, but a failure is not. */
export const BY_RUNTIME = "by the runtime";

const CHUNKED = "transfer-encoding: chunked";

const lengths = (values) => (body) =>
  delivery(body, { framing: values(body.length).map((value) => `content-length: ${value}`) });
const length = (value) => lengths((n) => [value(n)]);
const framed =
  (...framing) =>
  (body) =>
    delivery(body, { framing, as: chunk(body) + LAST_CHUNK });
const coding = (...values) => framed(...values.map((value) => `transfer-encoding: ${value}`));
const chunked = (as) => (body) => delivery(body, { framing: CHUNKED, as: as(body) });
const size = (value) => chunked((body) => `${value(body.length)}\r\n${body}\r\n${LAST_CHUNK}`);
const more =
  (...headers) =>
  (body) =>
    delivery(body, { more: headers });
const target = (path) => (body) => delivery(body, { target: path });
const host =
  (...host) =>
  (body) =>
    delivery(body, { host });
const version = (version) => (body) => delivery(body, { version });
const method = (method) => (body) => delivery(body, { method });
const hex = (number) => number.toString(16);

const EXPECT = "expect: 100-continue";
const WEBSOCKET_KEY = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
/** A well-formed signature by an unknown key. */
export const OTHER = `${"A".repeat(43)}=`;

function withSignature(body, value) {
  const signature = value === undefined ? [] : [`x-webhook-signature: ${value}`];
  return head(`POST ${PATH} HTTP/1.1`, HOST, signature, `content-length: ${body.length}`) + body;
}

function trailing(body) {
  const headers = [HOST, "trailer: x-webhook-signature", CHUNKED];
  return head(`POST ${PATH} HTTP/1.1`, headers) + chunk(body) + head("0", signed(body));
}

/** A shop's delivery under this id, signed as it is sent. */
function named(id) {
  const body = JSON.stringify({ data: { order_id: 1, status: "shipped" } });
  const headers = sign.standardWebhooks(SECRETS.SHOP_SECRET, body, { id });
  return (
    head(`POST ${hook("shop")} HTTP/1.1`, HOST, lines(headers), `content-length: ${body.length}`) +
    body
  );
}

/** The signed text of a shop's delivery, cut anew where a customer has written a time of signing. */
function cutAnew() {
  const [now, later] = [0, 60].map((ahead) => Math.floor(Date.now() / 1000) + ahead);
  const [before, after] = ['{"note":"hi', `${CUSTOMER}"}`];
  const headers = sign.standardWebhooks(SECRETS.SHOP_SECRET, `${before}.${later}.${after}`, {
    id: "msg_cut",
    timestamp: now,
  });
  const cut = { ...headers, "webhook-id": `msg_cut.${now}.${before}`, "webhook-timestamp": later };
  return (
    head(`POST ${hook("shop")} HTTP/1.1`, HOST, lines(cut), `content-length: ${after.length}`) +
    after
  );
}

/** Returns a request without a signature, or with this one, that has this delivery for its body. */
function within(body, { method = "POST", target = PATH, before = "", framing, signature } = {}) {
  const inner = before + delivery(body);
  const headers = [
    ...(signature === undefined ? [] : [`x-webhook-signature: ${signature}`]),
    ...(framing ?? [`content-length: ${inner.length}`]),
  ];
  return (
    head(`${method} ${target} HTTP/1.1`, HOST, headers) +
    (framing ? chunk(inner) + LAST_CHUNK : inner)
  );
}

/** Returns a request that ends at the end of its chunks, or else of its length: between the two is this delivery. */
function doubtful(body) {
  const as = LAST_CHUNK + delivery(body);
  return head(`POST ${PATH} HTTP/1.1`, HOST, CHUNKED, `content-length: ${as.length}`) + as;
}

/** Returns a request in which a parser that ends the chunk's size at the line feed finds another request. */
const chunkExtended =
  (...signature) =>
  (body) =>
    `${head(`POST ${PATH} HTTP/1.1`, HOST, signature, CHUNKED)}5;a=\n${LAST_CHUNK}${delivery(body)}`;

export const ROWS = {
  "Content-Length": [
    ["negative", length((n) => `-${n}`), BY_RUNTIME],
    ["with a plus", length((n) => `+${n}`), BY_RUNTIME],
    ["in hex", length((n) => `0x${hex(n)}`), BY_RUNTIME],
    ["in another script's digits", length(() => "\xd9\xa5"), BY_RUNTIME],
    ["with an exponent", length(() => "1e2"), BY_RUNTIME],
    ["with a fraction", length((n) => `${n}.0`), BY_RUNTIME],
    ["empty", length(() => ""), BY_RUNTIME],
    ["a list of two", length((n) => `${n}, ${n}`), BY_RUNTIME],
    ["a blank within", length((n) => `${n} ${n}`), BY_RUNTIME],
    ["over 64 bits", length((n) => `${2n ** 64n + BigInt(n)}`), BY_RUNTIME],
    ["over 32 bits", length((n) => 2 ** 32 + n), TOO_LARGE],
    ["with zeros before it", length((n) => `000${n}`), ACCEPTED],
    ["with blanks around it", length((n) => ` \t ${n}\t `), ACCEPTED],
    ["twice the same", lengths((n) => [n, n]), ACCEPTED],
    ["two, the shorter first", lengths((n) => [0, n]), BY_RUNTIME],
    ["two, the longer first", lengths((n) => [n, 0]), BY_RUNTIME],
    // The rest of the body is not a request.
    ["less than is sent", length(() => 5), [...MISMATCH, "400"]],
    ["more than is sent", length((n) => n + 1), CUT],
    ["none at all", lengths(() => []), [...MISMATCH, "400"]],
  ],
  "Transfer-Encoding": [
    ["chunked", coding("chunked"), ACCEPTED],
    ["in capitals", coding("CHUNKED"), ACCEPTED],
    ["chunked before another", coding("chunked, identity"), BY_RUNTIME],
    ["unknown", coding("xchunked"), BY_RUNTIME],
    ["a parameter", coding("chunked;q=1"), BY_RUNTIME],
    ["quoted", coding('"chunked"'), BY_RUNTIME],
    ["a vertical tab", coding("\x0bchunked"), BY_RUNTIME],
    ["a NUL", coding("chunked\0"), BY_RUNTIME],
    ["empty", coding(""), BY_RUNTIME],
    ["identity", coding("identity"), BY_RUNTIME],
    ["gzip", coding("gzip"), BY_RUNTIME],
    ["two, chunked first", coding("chunked", "identity"), BY_RUNTIME],
    // The bytes in the chunks are those that were signed: the other coding was not decoded.
    ["behind another", coding("gzip, chunked"), ACCEPTED],
    ["behind another, as a header of its own", coding("identity", "chunked"), ACCEPTED],
    // RFC 9112 lets a server take the chunks or refuse. It took the chunks, and closes.
    ["with a length", framed("content-length: 5", CHUNKED), ACCEPTED],
    ["a blank before the colon", framed("transfer-encoding : chunked"), BY_RUNTIME],
    ["on a folded line", coding("\r\n chunked"), BY_RUNTIME],
    ["behind a folded line", framed("x-a: b", " transfer-encoding: chunked"), BY_RUNTIME],
    [
      "an underscore",
      framed("transfer_encoding: chunked", "content-length: 5"),
      [...MISMATCH, "400"],
    ],
    ["a bare line feed behind it", framed(`${CHUNKED}\nx-a: b`), ACCEPTED],
  ],
  chunks: [
    ["a size with 0x", size((n) => `0x${hex(n)}`), CUT],
    ["a negative size", size((n) => `-${hex(n)}`), CUT],
    ["a size with a plus", size((n) => `+${hex(n)}`), CUT],
    ["blanks around a size", size((n) => ` ${hex(n)} `), CUT],
    ["no size", size(() => ""), CUT],
    ["a size over 64 bits", size((n) => `1${hex(n).padStart(16, "0")}`), CUT],
    ["the largest size", size(() => "7fffffffffffffff"), CUT],
    ["a size too small", size((n) => hex(n - 1)), CUT],
    ["a size too large", size((n) => hex(n + 1)), CUT],
    ["a size with zeros before it", size((n) => hex(n).padStart(40, "0")), ACCEPTED],
    [
      "bare line feeds",
      chunked((body) => (chunk(body) + LAST_CHUNK).replaceAll("\r\n", "\n")),
      CUT,
    ],
    ["an extension", size((n) => `${hex(n)};${NEEDLE}="${CUSTOMER}"`), ACCEPTED],
    ["an extension of 4 KB", size((n) => `${hex(n)};a=${"b".repeat(4096)}`), ACCEPTED],
    ["an extension of 200 KB", size((n) => `${hex(n)};a=${"b".repeat(200_000)}`), CUT],
    ["no last chunk", chunked(chunk), CUT],
    ["cut within a size", chunked((body) => `${chunk(body)}1`), CUT],
    ["a trailer", chunked((body) => chunk(body) + head("0", `x-note: ${NEEDLE}`)), ACCEPTED],
    [
      "another signature as a trailer",
      chunked((body) => chunk(body) + head("0", `x-webhook-signature: ${OTHER}`)),
      ACCEPTED,
    ],
    ["the signature as a trailer alone", trailing, MISSING],
  ],
  headers: [
    ["10,000 of them", more(...Array.from({ length: 10_000 }, (_, n) => `x-${n}: ${n}`)), ACCEPTED],
    ["one of 64 KB", more(`x-a: ${"a".repeat(65_536)}`), ACCEPTED],
    ["one of 2 MB", more(`x-a: ${"a".repeat(2_000_000)}`), BY_RUNTIME],
    ["a name of 60 KB", more(`${"a".repeat(60_000)}: a`), ACCEPTED],
    ["one of bytes that are not UTF-8", more("x-a: \xff\xfe\xc3\x28"), ACCEPTED],
    ["one with a NUL", more("x-a: b\0c"), BY_RUNTIME],
    ["one with a carriage return", more(`x-a: b\rx-webhook-signature: ${NEEDLE}`), BY_RUNTIME],
    ["one without a colon", more("x-a"), BY_RUNTIME],
    ["one without a name", more(": a"), BY_RUNTIME],
    ["a blank in a name", more("x a: b"), BY_RUNTIME],
    ["a name that is not ASCII", more("x-\xe9: b"), BY_RUNTIME],
    ["a folded line", more("x-a: b", " c"), BY_RUNTIME],
    ["a second signature", more(`x-webhook-signature: ${OTHER}`), MALFORMED],
    ["the signature twice", (body) => delivery(body, { more: signed(body) }), MALFORMED],
    [
      "a thousand signatures",
      (body) => delivery(body, { more: Array(1000).fill(signed(body)).flat() }),
      MALFORMED,
    ],
    ["a signature of 64 KB", (body) => withSignature(body, "A".repeat(65_536)), MALFORMED],
    ["a signature that is not ASCII", (body) => withSignature(body, "\xff".repeat(44)), MALFORMED],
    [
      "a signature of fullwidth letters",
      (body) => withSignature(body, "\xef\xbc\xa1".repeat(44)),
      MALFORMED,
    ],
    ["no signature", (body) => withSignature(body, undefined), MISSING],
    ["an empty signature", (body) => withSignature(body, ""), MALFORMED],
    // Blanks around a header's value are no part of it.
    [
      "blanks around the signature",
      (body) => withSignature(body, ` ${signatureOf(body)}\t`),
      ACCEPTED,
    ],
    [
      "a signature with a blank in it",
      (body) => withSignature(body, signatureOf(body).replace(/^(.{9})/, "$1 ")),
      MALFORMED,
    ],
  ],
  addresses: [
    ["..", target(`/a/..${PATH}`), NOT_FOUND],
    [".. after hooks", target("/hooks/../hooks/wakilni"), NOT_FOUND],
    ["a dot", target("/hooks/./wakilni"), NOT_FOUND],
    ["%2e%2e", target(`/a/%2e%2e${PATH}`), NOT_FOUND],
    ["%2e%2e to another source", target("/hooks/wegocod/%2e%2e/wakilni"), NOT_FOUND],
    [".. at the end", target(`${PATH}/..`), NOT_FOUND],
    ["%2f", target("/hooks%2fwakilni"), NOT_FOUND],
    ["%2f at the end", target(`${PATH}%2f`), NOT_FOUND],
    ["an escaped letter", target("/hooks/wakiln%69"), NOT_FOUND],
    ["%00", target(`${PATH}%00`), NOT_FOUND],
    ["a NUL", target(`${PATH}\0`), BY_RUNTIME],
    ["%0d%0a and a header", target(`${PATH}%0d%0ax-a:%20${NEEDLE}`), NOT_FOUND],
    ["16 KB", target(`/hooks/${NEEDLE.repeat(1100)}`), NOT_FOUND],
    ["16 KB of escapes in a token", target(`/hooks/gooten/${"%41".repeat(5500)}`), NOT_FOUND],
    ["70 KB", target(`/hooks/${"a".repeat(70_000)}`), BY_RUNTIME],
    ["a query of 16 KB", target(`${PATH}?${NEEDLE.repeat(1100)}`), ACCEPTED],
    ["bytes that are not UTF-8", target("/hooks/wakiln\xff"), BY_RUNTIME],
    ["bytes that are not UTF-8, in a query", target(`${PATH}?\xc3\x28`), BY_RUNTIME],
    ["escapes that are not UTF-8", target("/hooks/wakilni%c3%28"), NOT_FOUND],
    ["a backslash", target("/hooks\\wakilni"), NOT_FOUND],
    ["a tab", target(`${PATH}\t`), BY_RUNTIME],
    ["a second blank", target(`${PATH} /healthz`), BY_RUNTIME],
    ["a parameter", target(`${PATH};a=b`), NOT_FOUND],
    ["two slashes at the end", target(`${PATH}//`), NOT_FOUND],
    ["a fragment", target(`${PATH}#${NEEDLE}`), ACCEPTED],
    ["none", target(""), BY_RUNTIME],
    ["without its slash", target(PATH.slice(1)), BY_RUNTIME],
    ["an asterisk", target("*"), NOT_FOUND],
    ["in the absolute form", target(`http://hooks.example${PATH}`), ACCEPTED],
    ["in the absolute form, of another host", target(`https://evil.example${PATH}`), ACCEPTED],
    ["in the absolute form, with a user", target(`http://${NEEDLE}@evil.example${PATH}`), ACCEPTED],
    ["in the absolute form, without a host", target(`http://${PATH}`), BY_RUNTIME],
    [
      "in the absolute form, with a host that is a path",
      target(`http://wakilni${PATH}/../../healthz`),
      NOT_FOUND,
    ],
    ["in the authority form", target("hooks.example:443"), NOT_FOUND],
  ],
  hosts: [
    ["none", host(), BY_RUNTIME],
    ["an empty one", host("host:"), BY_RUNTIME],
    ["not ASCII", host("host: \xff"), BY_RUNTIME],
    ["two", host(HOST, "host: evil.example"), ACCEPTED],
    ["one of 50 KB", host(`host: ${"h".repeat(50_000)}`), ACCEPTED],
    ["a port that is none", host("host: hooks.example:99999"), ACCEPTED],
    ["an address that does not end", host("host: [::1"), ACCEPTED],
    ["a path of its own", host("host: hooks.example/a"), NOT_FOUND],
    // It moves the path into the query: a delivery signed for one source arrives at another.
    ["another source's path", host("host: hooks.example/hooks/wegocod?"), MALFORMED],
    ["a token's path", host(`host: hooks.example/hooks/gooten/${NEEDLE}?`), NOT_FOUND],
  ],
  versions: [
    ["1.0", version("HTTP/1.0"), ACCEPTED],
    ["1.0 in chunks", (body) => framed(CHUNKED)(body).replace("HTTP/1.1", "HTTP/1.0"), BY_RUNTIME],
    ["0.9", version("HTTP/0.9"), BY_RUNTIME],
    ["0.9 as it was, without a version", () => `GET ${PATH}\r\n`, BY_RUNTIME],
    ["1.2", version("HTTP/1.2"), BY_RUNTIME],
    ["2.0", version("HTTP/2.0"), BY_RUNTIME],
    ["HTTP/2's first words", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BY_RUNTIME],
    ["in small letters", version("http/1.1"), BY_RUNTIME],
    ["none", version(""), BY_RUNTIME],
    ["with more behind it", version("HTTP/1.1 x"), BY_RUNTIME],
    ["bare line feeds in the head", (body) => delivery(body).replaceAll("\r\n", "\n"), ACCEPTED],
    [
      "bare carriage returns in the head",
      (body) => delivery(body).replaceAll("\r\n", "\r"),
      BY_RUNTIME,
    ],
    ["empty lines before it", (body) => `\r\n\r\n${delivery(body)}`, ACCEPTED],
    ["a blank before it", (body) => ` ${delivery(body)}`, BY_RUNTIME],
    ["a TLS greeting", () => "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", BY_RUNTIME],
    ["70 KB of no HTTP at all", () => "\xfe".repeat(70_000), BY_RUNTIME],
    ["nothing", () => "", BY_RUNTIME],
  ],
  methods: [
    ["TRACE", method("TRACE"), ["405 method_not_allowed"]],
    ["unknown", method("BREW"), BY_RUNTIME],
    ["in small letters", method("post"), BY_RUNTIME],
    ["16 KB", method("P".repeat(16_384)), BY_RUNTIME],
    ["GET with a body", method("GET"), ["200 ready"]],
    [
      "another in a header",
      (body) => delivery(body, { method: "GET", more: "x-http-method-override: POST" }),
      ["200 ready"],
    ],
    ["OPTIONS of everything", () => head("OPTIONS * HTTP/1.1", HOST), NOT_FOUND],
    // The only request that the runtime answers with an error of its own: a Worker cannot handle it.
    ["CONNECT", () => head("CONNECT hooks.example:443 HTTP/1.1", HOST), ["500"]],
  ],
  // Each would be accepted if it were read as a request of its own.
  "a delivery in the body of": [
    ["GET", (body) => within(body, { method: "GET" }), ["200 ready"]],
    ["PUT", (body) => within(body, { method: "PUT" }), ["405 method_not_allowed"]],
    [
      "GET of the health",
      (body) => within(body, { method: "GET", target: "/healthz" }),
      ["200 ok"],
    ],
    ["a POST to no source", (body) => within(body, { target: "/hooks/nobody" }), NOT_FOUND],
    [
      "a POST with a wrong token",
      (body) => within(body, { target: `/hooks/gooten/${NEEDLE}` }),
      NOT_FOUND,
    ],
    ["a POST that is not signed", (body) => within(body), MISSING],
    // Its body is not read.
    [
      "a POST over the cap that is not signed",
      (body) => within(body, { before: "x".repeat(MOST) }),
      MISSING,
    ],
    [
      "a POST over the cap that may be signed",
      (body) => within(body, { before: "x".repeat(MOST), signature: OTHER }),
      TOO_LARGE,
    ],
    [
      "a POST that is not signed, in a chunk",
      (body) => within(body, { framing: [CHUNKED] }),
      MISSING,
    ],
    [
      "a POST with chunks, and a shorter length",
      (body) => within(body, { framing: ["content-length: 3", CHUNKED] }),
      MISSING,
    ],
    // It has to be the last on its connection, too.
    ["a POST whose length is of more than its chunks", doubtful, MISSING],
    ["a chunk's extension, not signed", chunkExtended(), MISSING],
    ["a chunk's extension, maybe signed", chunkExtended(`x-webhook-signature: ${OTHER}`), CUT],
  ],
  "a webhook-id": [
    ["empty", () => named(""), MALFORMED],
    ["a full stop", () => named("."), MALFORMED],
    ["with a full stop at its end", () => named("msg_1."), MALFORMED],
    [
      "with a time and the beginning of a body",
      () => named('msg_1.1700000000.{"note":"hi'),
      MALFORMED,
    ],
    ["cut out of what was signed", cutAnew, MALFORMED],
  ],
  offers: [
    ["to go on", more(EXPECT), ["100", ...ACCEPTED]],
    [
      "to go on, and no body",
      (body) => delivery(body, { more: EXPECT, framing: "content-length: 5", as: "" }),
      ["100", ...CUT],
    ],
    [
      "to go on, over the cap",
      (body) => delivery(body, { more: EXPECT, framing: "content-length: 5000", as: "" }),
      TOO_LARGE,
    ],
    ["of something else", more("expect: the unexpected"), ACCEPTED],
    [
      "a WebSocket",
      more("connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13", WEBSOCKET_KEY),
      ACCEPTED,
    ],
    [
      "HTTP/2",
      more(
        "connection: upgrade, http2-settings",
        "upgrade: h2c",
        "http2-settings: AAMAAABkAAQAAP__",
      ),
      ACCEPTED,
    ],
    ["a header that ends here", more("connection: x-webhook-signature"), ACCEPTED],
  ],
};
