// Cloudflare Access: whom its assertions let in, and whom they do not.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { Response } from "miniflare";
import { DISPATCH_TOKEN, startDispatch } from "../support/dispatch.js";
import { browserOf } from "../support/session.js";

const TEAM = "shop";
const ISSUER = `https://${TEAM}.cloudflareaccess.com`;
const AUDIENCE = "a1".repeat(32);
const EMAIL = "Jane@Example.com";
const VARS = { CF_ACCESS_TEAM: TEAM, CF_ACCESS_AUD: AUDIENCE };

const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const [OURS, OTHER] = [rsa(), rsa()];
const jwk = ({ publicKey }, kid) => ({ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256" });
const KEYS = JSON.stringify({ keys: [jwk(OURS, "key-1")] });

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Makes an assertion. `claims` and `head` replace members of the usual ones; undefined leaves one out. */
function assertionOf({ claims = {}, head = {}, key = OURS, tag = sign } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: ISSUER, aud: [AUDIENCE], email: EMAIL, iat: now, nbf: now, exp: now + 600 };
  const text = [
    encoded({ alg: "RS256", kid: "key-1", typ: "JWT", ...head }),
    encoded({ ...usual, ...claims }),
  ].join(".");
  return `${text}.${tag("sha256", Buffer.from(text), key.privateKey).toString("base64url")}`;
}

/** Starts dispatch, with `keys` as what the team answers about its keys. `asked` has the addresses that were fetched. */
async function startWith({ vars = VARS, keys = () => new Response(KEYS) } = {}) {
  const asked = [];
  const outbound = (request) => {
    asked.push(request.url);
    return keys(request);
  };
  return { dispatch: await startDispatch({ vars, outbound }), asked };
}

const code = ({ status, json }) => [status, json?.code];
const withAssertion = (assertion, more = {}) => ({
  "cf-access-jwt-assertion": assertion,
  ...more,
});
const INVALID = [401, "access_invalid"];

describe("an assertion", () => {
  let dispatch;
  let asked;
  before(async () => ({ dispatch, asked } = await startWith()));
  after(() => dispatch.stop());
  const look = (assertion, path = "/v1/session", more) =>
    dispatch.send({ path, headers: withAssertion(assertion, more) });

  test("of the team lets in, under a hash of the address, until it ends", async () => {
    const answer = await look(assertionOf());
    const hash = createHash("sha256").update("jane@example.com").digest("hex").slice(0, 16);
    const { expires_at: until, ...holder } = answer.json;
    assert.deepEqual(holder, { name: `access-${hash}`, access: "full" });
    const lasts = Date.parse(until) - Date.now();
    assert.ok(lasts > 0 && lasts <= 600_000);
    assert.equal((await look(assertionOf(), "/v1/events")).status, 200);
    assert.deepEqual(asked, [`${ISSUER}/cdn-cgi/access/certs`]);
    const service = await look(assertionOf({ claims: { email: undefined, aud: AUDIENCE } }));
    assert.deepEqual([service.status, service.json.name], [200, "access"]);
    assert.ok(!dispatch.output.entries.join().includes("ane@"));
  });

  const now = Math.floor(Date.now() / 1000);
  const WRONG = {
    "of another team": { claims: { iss: "https://other.cloudflareaccess.com" } },
    "of another application": { claims: { aud: ["b2".repeat(32)] } },
    "without an application": { claims: { aud: undefined } },
    "that has ended": { claims: { exp: now - 1 } },
    "without an end": { claims: { exp: undefined } },
    "that begins later": { claims: { nbf: now + 600 } },
    "of another key": { key: OTHER },
    "of a key that the team does not have": { key: OTHER, head: { kid: "key-2" } },
    "without a key": { head: { kid: undefined } },
    "of no algorithm": { head: { alg: "none" }, tag: () => Buffer.from("") },
    "of another algorithm": { head: { alg: "HS256" } },
  };
  for (const [name, parts] of Object.entries(WRONG))
    test(`${name} lets nobody in`, async () => {
      assert.deepEqual(code(await look(assertionOf(parts))), INVALID);
    });

  test("that was changed, or is something else, lets nobody in", async () => {
    const [head, , tag] = assertionOf().split(".");
    const [, other] = assertionOf({ claims: { email: "other@example.com" } }).split(".");
    const texts = [`${head}.${other}.${tag}`, `${head}.${other}.`, head, "a.b.c", "..", "%"];
    for (const text of [...texts, `${assertionOf()}.`, `${head}.${other}.${tag}.${tag}`])
      assert.deepEqual(code(await look(text)), INVALID, text);
    assert.deepEqual(code(await look("")), INVALID);
    assert.deepEqual(code(await look("x".repeat(17_000))), [401, "token_missing"]);
  });

  test("changes something only for the console's own page", async () => {
    const body = JSON.stringify({ name: "made", access: "read" });
    const post = (more) =>
      dispatch.send({
        ...{ method: "POST", path: "/v1/tokens", body },
        headers: withAssertion(assertionOf(), { "content-type": "application/json", ...more }),
      });
    for (const more of [{}, { origin: "https://example.com" }])
      assert.deepEqual(code(await post(more)), [403, "origin_refused"]);
    assert.equal((await post({ origin: dispatch.url.origin })).status, 201);
  });

  test("counts after a token, and after a session that has not ended", async () => {
    const bearer = { authorization: `Bearer ${DISPATCH_TOKEN}` };
    const name = async (more) => (await look(assertionOf(), "/v1/session", more)).json.name;
    assert.equal(await name(bearer), "DISPATCH_TOKEN");
    const wrong = { authorization: `Bearer ${"x".repeat(40)}` };
    const refused = await look(assertionOf(), "/v1/session", wrong);
    assert.deepEqual(code(refused), [401, "token_invalid"]);
    const browser = browserOf(dispatch);
    const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
    assert.equal(await name({ cookie }), "DISPATCH_TOKEN");
    assert.equal(
      (await browser.send(cookie, { method: "DELETE", path: "/v1/session" })).status,
      204,
    );
    assert.match(await name({ cookie }), /^access-/);
  });
});

describe("the keys", () => {
  const BAD = {
    "another status": () => new Response(KEYS, { status: 500 }),
    "a redirect": () => Response.redirect("https://example.com/", 302),
    "another text": () => new Response("<html>"),
    "another object": () => new Response("{}"),
    "too much": () => new Response(`${" ".repeat(65_536)}${KEYS}`),
  };
  for (const [name, keys] of Object.entries(BAD))
    test(`cannot be fetched: ${name}`, async () => {
      const { dispatch, asked } = await startWith({ keys });
      try {
        const headers = withAssertion(assertionOf());
        const look = () => dispatch.send({ path: "/v1/session", headers });
        const answers = await Promise.all([look(), look(), look()]);
        for (const answer of [...answers, await look()]) {
          assert.deepEqual(code(answer), [503, "access_unavailable"]);
          assert.equal(answer.headers["retry-after"], "10");
        }
        assert.equal(asked.length, 1);
        const line = await dispatch.logged(({ what }) => what === "access");
        assert.match(line.cause, /keys of Cloudflare Access/);
        assert.equal((await dispatch.get("/v1/session")).status, 200);
      } finally {
        await dispatch.stop();
      }
    });

  test("are fetched once for requests that come together, and not for an unknown key", async () => {
    const { dispatch, asked } = await startWith();
    try {
      const look = (parts) =>
        dispatch.send({ path: "/v1/session", headers: withAssertion(assertionOf(parts)) });
      const answers = await Promise.all(Array.from({ length: 8 }, () => look()));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      assert.deepEqual(code(await look({ head: { kid: "key-9" } })), INVALID);
      assert.equal(asked.length, 1);
    } finally {
      await dispatch.stop();
    }
  });
});

describe("the variables", () => {
  const started = async (vars, work) => {
    const { dispatch, asked } = await startWith({ vars });
    try {
      const headers = withAssertion(assertionOf());
      await work(await dispatch.send({ path: "/v1/session", headers }), dispatch);
      return asked;
    } finally {
      await dispatch.stop();
    }
  };

  test("without them, an assertion says nothing", async () => {
    const asked = await started({}, (answer) =>
      assert.deepEqual(code(answer), [401, "token_missing"]),
    );
    assert.deepEqual(asked, []);
  });

  test("one of them, or a wrong one, lets nobody in, and the log says so", async () => {
    const wrong = [
      { CF_ACCESS_TEAM: TEAM },
      { CF_ACCESS_AUD: AUDIENCE },
      { ...VARS, CF_ACCESS_TEAM: "shop.cloudflareaccess.com" },
      { ...VARS, CF_ACCESS_AUD: "all" },
      { ...VARS, CF_ACCESS_READ_ONLY: "perhaps" },
    ];
    for (const vars of wrong)
      await started(vars, async (answer, dispatch) => {
        assert.deepEqual(code(answer), [401, "token_missing"]);
        const { problems } = await dispatch.logged(({ at }) => at === "settings");
        assert.match(problems[0], /CF_ACCESS_TEAM/);
      });
  });

  test("with CF_ACCESS_READ_ONLY, a person may only read", async () => {
    for (const CF_ACCESS_READ_ONLY of [true, "true"])
      await started({ ...VARS, CF_ACCESS_READ_ONLY }, async ({ json }, dispatch) => {
        assert.equal(json.access, "read");
        const headers = withAssertion(assertionOf(), { origin: dispatch.url.origin });
        const change = { method: "DELETE", path: "/v1/tokens/none", headers };
        assert.deepEqual(code(await dispatch.send(change)), [403, "token_read_only"]);
      });
  });
});
