// The package's functions, and their errors for callers' mistakes.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as orderhook from "../../pkg/node.js";
import { catalogue, names } from "../../scripts/lib/catalogue.js";
import { corpus } from "../support/corpus.js";
import { answer } from "./answers.js";

const {
  Verifier,
  WebhookError,
  init,
  normalize,
  providers,
  receive,
  receiveRequest,
  sign,
  verify,
} = orderhook;
const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const types = read("../../pkg/index.d.ts");
const rust = (path) => read(`../../src/core/${path}`);

const body = '{"event_id":"e-1","event":"Order Confirmed","data":{"order_id":1}}';
const secret = "s3cret";
const signed = (more) => sign({ provider: "wakilni", secret, body, ...more });
const delivery = { provider: "wakilni", secrets: secret, headers: signed(), body };

/** A WebhookError with this code and message. */
const refuses = (work, code, message) =>
  assert.throws(work, (error) => {
    assert.ok(error instanceof WebhookError && error instanceof Error, String(error));
    assert.deepEqual([error.name, error.code, error.message], ["WebhookError", code, message]);
    return true;
  });

test(`the corpus: ${corpus.length} deliveries are answered as the core answers them`, () => {
  for (const one of corpus) assert.deepEqual(answer(orderhook, one), one.expect, one.name);
});

test("normalize reads the same event as receive, and marks it as unverified", () => {
  for (const one of corpus.filter(({ expect }) => expect.event)) {
    const {
      provider,
      source,
      utc_offset: utcOffset,
      url,
      headers,
      now,
      body = Buffer.from(one.body_base64, "base64"),
    } = one;
    const event = normalize({ provider, source, utcOffset, url, headers, now, body });
    const { id, data } = one.expect.event;
    const hash = createHash("sha256").update(body).digest("hex");
    assert.deepEqual(
      event,
      { ...one.expect.event, id: event.id, data: { ...data, authenticity: "unverified" } },
      one.name,
    );
    // Nothing authenticates the body: its hash is part of the id.
    assert.ok(event.id.endsWith(`:${hash}`), one.name);
    const isHash = /^[0-9a-f]{64}$/.test(id);
    if (data.authenticity === "body_signed" && Buffer.byteLength(id) < 192 && !isHash)
      assert.equal(event.id, `${id}:${hash}`);
  }
  assert.equal(normalize({ provider: "gooten", body: "" }), null);
});

test("normalize takes the names of sources that receive takes", () => {
  const { provider } = delivery;
  const message = "a source's name is 1 to 32 of a-z, 0-9 and -";
  for (const source of ["", "A B", "a/b", "a\n", "a".repeat(33)]) {
    refuses(() => normalize({ provider, body, source }), "source_not_configured", message);
    refuses(() => receive({ ...delivery, source }), "source_not_configured", message);
  }
  const source = "a-0".padEnd(32, "z");
  assert.equal(normalize({ provider, body, source }).source, `/hooks/${source}`);
});

test("headers may be anything that holds headers, in any case", async () => {
  const name = "x-webhook-signature";
  const tag = delivery.headers[name];
  for (const headers of [
    { [name]: tag },
    { "X-Webhook-Signature": tag },
    { [name]: [tag], "x-other": undefined },
    new Headers({ [name]: tag }),
    new Map([["X-WEBHOOK-SIGNATURE", tag]]),
    [["X-Webhook-Signature", tag]],
  ]) {
    assert.equal(verify({ ...delivery, headers }).authenticity, "body_signed");
  }
  const twice = [
    [name, tag],
    [name, tag],
  ];
  refuses(
    () => verify({ ...delivery, headers: twice }),
    "malformed_signature",
    "the header `x-webhook-signature` is not 44 characters of standard base64",
  );
  for (const headers of [undefined, null, "x", 1]) {
    refuses(
      () => verify({ ...delivery, headers }),
      "invalid_headers",
      "the headers must be `Headers`, an object or pairs",
    );
  }
});

test("a body may have any bytes", () => {
  for (const bytes of [
    Buffer.from(body),
    new TextEncoder().encode(body),
    Buffer.from(body).buffer.slice(0, 0),
    Buffer.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d),
    Buffer.of(0, 0xe9, 0xff),
  ]) {
    const headers = sign({ provider: "wakilni", secret, body: bytes });
    for (const view of [
      bytes,
      new Uint8Array(bytes).buffer,
      new DataView(new Uint8Array(bytes).buffer),
      Buffer.from(bytes),
    ]) {
      assert.equal(verify({ ...delivery, headers, body: view }).secretIndex, 0);
    }
  }
  for (const parsed of [JSON.parse(body), undefined, null, 1, [1]]) {
    refuses(
      () => verify({ ...delivery, body: parsed }),
      "invalid_body",
      "the body must be the bytes or the string that came; a parsed body is not what was signed",
    );
  }
});

test("all secrets are tried, and the one that signed is reported", () => {
  assert.deepEqual(verify({ ...delivery, secrets: ["old", secret] }), {
    provider: "wakilni",
    authenticity: "body_signed",
    secretIndex: 1,
  });
  refuses(
    () => verify({ ...delivery, secrets: ["old", "older"] }),
    "signature_mismatch",
    "the signature does not match",
  );
});

test("an invalid setting is refused at once", () => {
  const make = (account) => () => new Verifier(account);
  for (const [account, code, message] of [
    [
      { provider: "pigeon", secrets: "s" },
      "unknown_provider",
      `there is no such provider: there are ${names().join(", ")}; or give a definition`,
    ],
    [
      { provider: "wakilni" },
      "source_not_configured",
      "`secrets` is needed: this provider signs its deliveries",
    ],
    [{ provider: "wakilni", secrets: "" }, "source_not_configured", "secret 1 is empty"],
    [{ provider: "wakilni", secrets: ["s", " \n"] }, "source_not_configured", "secret 2 is empty"],
    [
      { provider: "standard-webhooks", secrets: "whsec_" },
      "source_not_configured",
      "secret 1 is empty",
    ],
    [
      { provider: "standard-webhooks", secrets: "whsec_é" },
      "source_not_configured",
      "secret 1 is not standard base64 with its padding",
    ],
    [
      { provider: "gooten" },
      "source_not_configured",
      "`token` is needed: this provider does not sign its deliveries",
    ],
    [
      { provider: "gooten", token: "a/b" },
      "source_not_configured",
      "the token has a character that cannot stand in a URL's path (make one with `openssl rand -hex 32`)",
    ],
    [
      { provider: "wakilni", secrets: "s", source: "Shop" },
      "source_not_configured",
      "a source's name is 1 to 32 of a-z, 0-9 and -",
    ],
    [
      { provider: "wakilni", secrets: "s", utcOffset: "CET" },
      "source_not_configured",
      "the UTC offset must be written as `+02:00`",
    ],
  ]) {
    refuses(make(account), code, message);
    refuses(() => verify({ ...account, headers: {}, body: "" }), code, message);
  }
});

test("settings that are no object are refused", () => {
  const message = "the settings must be one object, as `{ provider, secrets }`";
  for (const given of [undefined, null, "wakilni"]) {
    refuses(() => new Verifier(given), "source_not_configured", message);
    refuses(() => receive(given), "source_not_configured", message);
  }
});

test("a token is the end of the URL, or the given text", () => {
  const account = { provider: "gooten", token: "t0ken-0123456789", headers: {}, body: "" };
  const url = "https://shop.example/hooks/t0ken-0123456789/?orderid=1";
  assert.equal(receive({ ...account, url }), null);
  assert.equal(receive({ ...account, offeredToken: "t0ken-0123456789" }), null);
  for (const wrong of [
    {},
    { url: "https://shop.example/t0ken-01234567892" },
    { url: "https://shop.example/?t0ken-0123456789" },
    { url, offeredToken: "" },
  ]) {
    refuses(
      () => receive({ ...account, ...wrong }),
      "body_not_authenticated",
      "no signature covers the body, and the URL's token is missing or another",
    );
  }
});

test("a fetch Request is received whole", async () => {
  const url = "https://shop.example/hooks/wakilni";
  const request = (headers = signed()) => new Request(url, { method: "POST", headers, body });
  const event = await receiveRequest(request(), {
    provider: "wakilni",
    secrets: secret,
    source: "shop",
  });
  assert.deepEqual(
    [event.id, event.source, event.data.status.now],
    ["e-1", "/hooks/shop", "confirmed"],
  );
  await assert.rejects(receiveRequest(request({}), { provider: "wakilni", secrets: secret }), {
    name: "WebhookError",
    code: "missing_signature",
  });
});

const signsUrl = (provider) => {
  const { definition } = catalogue().find(({ name }) => name === provider);
  return [definition.scheme].flat()[0].signs?.includes("url");
};

test("a signed delivery verifies, for every provider that signs its body with a secret", () => {
  const now = Date.UTC(2026, 0, 2);
  const signing = providers().filter(
    ({ authenticates, secret }) =>
      ["body", "headers"].includes(authenticates) && secret !== "public_key",
  );
  for (const { name, secret: format } of signing) {
    const secret = { whsec: "whsec_c2VjcmV0", hex: "5ec3e7" }[format] ?? "s3cret";
    const given = { "webhook-id": "m-1", "svix-id": "m-1" };
    const url = `https://shop.example/hooks/${name}`;
    const signed = sign({ provider: name, secret, url, headers: given, body, now });
    const headers = { ...given, ...signed };
    const registeredUrl = signsUrl(name) ? url : undefined;
    const account = { provider: name, secrets: secret, registeredUrl, url };
    assert.equal(
      verify({ ...account, headers, body, now: new Date(now) }).authenticity,
      "body_signed",
      name,
    );
    refuses(
      () => verify({ ...account, headers, body: `${body} `, now }),
      name === "up42" ? "digest_mismatch" : "signature_mismatch",
      name === "up42"
        ? "the signed digest is not that of the body"
        : "the signature does not match",
    );
  }
  refuses(
    () => sign({ provider: "gooten", secret: "s", body }),
    "source_not_configured",
    "this provider signs nothing: post to the URL with the token",
  );
  refuses(
    () => sign({ provider: "standard-webhooks", secret: "whsec_c2VjcmV0", body }),
    "source_not_configured",
    "the header `webhook-id` is signed: give it",
  );
});

test("init can be called, and does nothing here", async () =>
  assert.equal(await init(), undefined));

/** The members of a union of texts in the types. */
const union = (name) =>
  [...types.match(new RegExp(`type ${name} =([^;]*);`))[1].matchAll(/"([a-z0-9_-]+)"/g)]
    .map(([, word]) => word)
    .sort();
const quoted = (text) => [...text.matchAll(/"([a-z0-9_-]+)"/g)].map(([, word]) => word).sort();

test("a provider's schemes are those of its definition, and the first one describes it", () => {
  const definitions = new Map(catalogue().map(({ name, definition }) => [name, definition]));
  for (const { name, schemes, authenticates, secret } of providers()) {
    const named = [definitions.get(name).scheme].flat().map(({ name = null }) => name);
    assert.deepEqual(
      schemes.map(({ name }) => name),
      named,
      name,
    );
    assert.deepEqual(schemes[0], { name: named[0], authenticates, secret }, name);
  }
  const salla = providers().find(({ name }) => name === "salla");
  assert.deepEqual(salla.schemes, [
    { name: "signature", authenticates: "body", secret: "utf8" },
    { name: "token", authenticates: "token", secret: "utf8" },
  ]);
  const gelato = providers().find(({ name }) => name === "gelato");
  const [, url] = gelato.schemes;
  assert.deepEqual(url, { name: "url", authenticates: "url_token", secret: null });
});

/** The codes with which the core refuses a delivery. The package adds one of its own: a body that it does not give to the core. */
const coreRefusals = () =>
  quoted(rust("scheme/refusal.rs").match(/fn code\(&self\).*?match self \{(.*?)\n {8}\}/s)[1]);

test("an error has a status to answer with only if it refuses a delivery", () => {
  const statuses = { body_too_large: 413, verification_unavailable: 503 };
  const refusals = union("RefusalCode");
  for (const code of [...refusals, ...union("Code")]) {
    const status = refusals.includes(code) ? (statuses[code] ?? 401) : undefined;
    assert.equal(new WebhookError(code, "why").status, status, code);
  }
});

test("the types' unions are the core's", () => {
  assert.deepEqual(
    union("ProviderName"),
    providers()
      .map(({ name }) => name)
      .sort(),
  );
  assert.deepEqual(union("RefusalCode"), [...coreRefusals(), "body_too_large"].sort());
  assert.deepEqual(
    union("Authenticity"),
    quoted(rust("scheme/refusal.rs").match(/pub const fn as_str[^}]*match self \{([^}]*)\}/)[1]),
  );
  assert.deepEqual(
    union("Status"),
    quoted(rust("event/status.rs").match(/match self \{([^}]*)\}/)[1]),
  );
});
