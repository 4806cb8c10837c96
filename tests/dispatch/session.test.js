// The console's sessions: who signs in, what ends a session, and what a page of another address cannot do.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DISPATCH_TOKEN, event, startDispatch } from "../support/dispatch.js";
import { DISPATCH_SEAL_KEY } from "../support/dispatch-worker.js";
import { browserOf, cookieOf } from "../support/session.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");
const FOREIGN = "dispatch.example.com";
const SESSION = { path: "/v1/session" };
const CODES = { method: "POST", path: "/v1/session/codes" };

let dispatch;
let browser;
before(async () => {
  dispatch = await startDispatch({ around: OPEN });
  browser = browserOf(dispatch);
});
after(() => dispatch.stop());

const code = ({ status, json }) => [status, json?.code];
const sql = (...query) => dispatch.registry("sql", ...query);
const makeToken = async (name, access = "full") =>
  (await dispatch.post("/v1/tokens", { name, access })).json.secret;
const makeCode = async (token) => {
  const { status, json } = await dispatch.post(CODES.path, undefined, token);
  assert.equal(status, 201);
  return json.code;
};

describe("signing in", () => {
  test("with a token, for twelve hours, by a cookie that no script reads", async () => {
    const began = Date.now();
    const answer = await browser.signIn({ token: DISPATCH_TOKEN });
    assert.equal(answer.status, 200);
    const { expires_at: until, ...holder } = answer.json;
    assert.deepEqual(holder, { name: "DISPATCH_TOKEN", access: "full" });
    const late = Date.now() - began;
    const lasts = Date.parse(until) - began - 12 * 3_600_000;
    assert.ok(lasts >= 0 && lasts <= late, until);
    assert.match(
      answer.headers["set-cookie"][0],
      /^orderhook=[\w-]{43}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    assert.equal(answer.headers["cache-control"], "no-store");
    const seen = await browser.send(cookieOf(answer), SESSION);
    assert.deepEqual([seen.status, seen.json], [200, answer.json]);
  });

  test("at a public address, by a cookie that is sent to it alone, over https", async () => {
    const headers = { host: FOREIGN, origin: `http://${FOREIGN}` };
    const answer = await browser.signIn({ token: DISPATCH_TOKEN }, headers);
    assert.equal(answer.status, 200);
    assert.match(
      answer.headers["set-cookie"][0],
      /^__Host-orderhook=[\w-]{43}\.[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict; Max-Age=43200$/,
    );
    const cookie = cookieOf(answer);
    assert.equal((await browser.send(cookie, { ...SESSION, headers })).status, 200);
    const bare = cookie.replace("__Host-", "");
    const other = await browser.send(bare, { ...SESSION, headers });
    assert.deepEqual(code(other), [401, "token_missing"]);
    assert.deepEqual(code(await browser.send(cookie, SESSION)), [401, "token_missing"]);
  });

  test("a wrong token, and a body that is something else, sign nobody in", async () => {
    for (const token of ["", "x", `${DISPATCH_TOKEN}x`, `orderhook_${"A".repeat(43)}`]) {
      const answer = await browser.signIn({ token });
      assert.deepEqual(code(answer), [401, "token_invalid"], token);
      assert.equal(answer.headers["set-cookie"], undefined);
    }
    const bodies = [
      {},
      [],
      "token",
      { token: 1 },
      { token: DISPATCH_TOKEN, code: "a" },
      { name: "a" },
    ];
    for (const body of bodies)
      assert.deepEqual(code(await browser.signIn(body)), [400, "invalid_body"]);
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const typed = await browser.signIn({ token: DISPATCH_TOKEN }, type);
    assert.deepEqual(code(typed), [415, "unsupported_media_type"]);
  });

  test("a page of another address signs nobody in", async () => {
    for (const origin of [undefined, "null", "https://example.com", `${browser.origin}0`]) {
      const answer = await browser.signIn({ token: DISPATCH_TOKEN }, { origin });
      assert.deepEqual(code(answer), [403, "origin_refused"], origin);
      assert.equal(answer.headers["set-cookie"], undefined);
    }
  });

  test("the id is new each time, whatever cookie was sent", async () => {
    const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
    const chosen = `orderhook=${"A".repeat(43)}.${"A".repeat(43)}`;
    const ids = [cookie, chosen].map((sent) => sent.split(/[=.]/)[1]);
    for (const sent of [cookie, chosen]) {
      const answer = await browser.signIn({ token: DISPATCH_TOKEN }, { cookie: sent });
      const [, id] = cookieOf(answer).split(/[=.]/);
      assert.ok(!ids.includes(id));
      ids.push(id);
    }
  });

  test("a bearer token has no session, and ends none", async () => {
    const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
    const { status, json } = await dispatch.get(SESSION.path);
    const own = { name: "DISPATCH_TOKEN", access: "full", expires_at: null };
    assert.deepEqual([status, json], [200, own]);
    assert.equal((await dispatch.delete(SESSION.path)).status, 204);
    assert.equal((await browser.send(cookie, SESSION)).status, 200);
    assert.deepEqual(code(await dispatch.send(SESSION)), [401, "token_missing"]);
  });
});

describe("a code", () => {
  test("signs in once, as the token that made it", async () => {
    const made = await dispatch.post(CODES.path, undefined, await makeToken("starter"));
    assert.equal(made.status, 201);
    const lasts = Date.parse(made.json.expires_at) - Date.now();
    assert.ok(lasts > 0 && lasts <= 600_000);
    const answer = await browser.signIn({ code: made.json.code });
    assert.deepEqual([answer.status, answer.json.name], [200, "starter"]);
    assert.equal((await browser.send(cookieOf(answer), { path: "/v1/events" })).status, 200);
    const again = await browser.signIn({ code: made.json.code });
    assert.deepEqual(code(again), [401, "code_invalid"]);
  });

  test("is wrong, or too old", async () => {
    const old = await makeCode();
    await sql("UPDATE codes SET until = ?", Date.now());
    for (const wrong of ["", "x", "A".repeat(43), old])
      assert.deepEqual(code(await browser.signIn({ code: wrong })), [401, "code_invalid"]);
  });

  test("is made by a full token alone, on a developer's machine", async () => {
    const reader = await makeToken("code-reader", "read");
    const refused = await dispatch.post(CODES.path, undefined, reader);
    assert.deepEqual(code(refused), [403, "token_read_only"]);
    const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
    assert.deepEqual(code(await browser.send(cookie, CODES)), [401, "token_missing"]);
    const authorization = `Bearer ${DISPATCH_TOKEN}`;
    for (const host of [FOREIGN, "localhost.example.com", "127.0.0.1.example.com", "192.168.1.4"]) {
      const answer = await dispatch.send({ ...CODES, headers: { authorization, host } });
      assert.deepEqual(code(answer), [403, "loopback_only"], host);
    }
    for (const host of ["localhost", "localhost:8788", "[::1]:8788", "[::1]"]) {
      const answer = await dispatch.send({ ...CODES, headers: { authorization, host } });
      assert.equal(answer.status, 201, host);
    }
  });

  test("signs in on a developer's machine alone, and a refusal does not use it up", async () => {
    const unused = await makeCode();
    for (const host of [FOREIGN, "localhost.example.com", "127.0.0.1.example.com", "192.168.1.4"]) {
      const answer = await browser.signIn({ code: unused }, { host, origin: `http://${host}` });
      assert.deepEqual(code(answer), [401, "code_invalid"], host);
      assert.equal(answer.headers["set-cookie"], undefined);
    }
    assert.equal((await browser.signIn({ code: unused })).status, 200);
  });

  test("makes room for itself: twenty are kept", async () => {
    const first = await makeCode();
    const last = [];
    for (let made = 0; made < 20; made += 1) last.push(await makeCode());
    assert.deepEqual(code(await browser.signIn({ code: first })), [401, "code_invalid"]);
    assert.equal((await browser.signIn({ code: last[0] })).status, 200);
  });
});

describe("with a cookie", () => {
  const CHANGES = [
    ["POST", "/v1/tokens", { name: "forged", access: "full" }],
    ["PATCH", "/v1/endpoints/ep_none", { active: false }],
    ["DELETE", "/v1/tokens/none"],
    ["DELETE", SESSION.path],
  ];
  for (const [method, path, body] of CHANGES)
    test(`${method} ${path} is for the console's own page`, async () => {
      const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
      const { origin } = browser;
      const others = [
        undefined,
        "null",
        "",
        "https://example.com",
        origin.replace("http", "https"),
      ];
      for (const other of [...others, `${origin}0`, `${origin}/`]) {
        const request = { method, path, body, headers: { origin: other } };
        const answer = await browser.send(cookie, request);
        assert.deepEqual(code(answer), [403, "origin_refused"], other);
      }
      const { status } = await browser.send(cookie, { method, path, body });
      assert.ok([201, 204, 404].includes(status), String(status));
    });

  test("a reading needs no Origin, and a bearer token needs none for a change", async () => {
    const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
    const read = await browser.send(cookie, { path: "/v1/tokens", headers: { origin: undefined } });
    assert.equal(read.status, 200);
    const headers = { authorization: `Bearer ${DISPATCH_TOKEN}`, origin: "https://example.com" };
    const change = { method: "DELETE", path: "/v1/tokens/none", headers };
    assert.deepEqual(code(await browser.send(cookie, change)), [404, "token_not_found"]);
  });

  test("a token that may only read changes nothing, and signs out", async () => {
    const token = await makeToken("looker", "read");
    const answer = await browser.signIn({ token });
    assert.deepEqual([answer.json.name, answer.json.access], ["looker", "read"]);
    const cookie = cookieOf(answer);
    const body = { name: "more", access: "full" };
    const change = await browser.send(cookie, { method: "POST", path: "/v1/tokens", body });
    assert.deepEqual(code(change), [403, "token_read_only"]);
    assert.equal((await browser.send(cookie, { path: "/v1/orders" })).status, 200);
    assert.equal((await browser.send(cookie, { ...SESSION, method: "DELETE" })).status, 204);
  });

  test("what is changed is in the audit under the token's name", async () => {
    const cookie = await browser.cookie({ token: await makeToken("auditor") });
    const body = { name: "audited", access: "read" };
    await browser.send(cookie, { method: "POST", path: "/v1/tokens", body });
    const [entry] = (await dispatch.get("/v1/audit?limit=1")).json.entries;
    assert.deepEqual(
      [entry.actor, entry.action, entry.target],
      ["auditor", "token_created", "audited"],
    );
  });

  test("a repeated request gets its answer again, and another session's request is another", async () => {
    const [one, other] = [
      await browser.cookie({ token: DISPATCH_TOKEN }),
      await browser.cookie({ token: DISPATCH_TOKEN }),
    ];
    const send = (cookie, name) =>
      browser.send(cookie, {
        ...{ method: "POST", path: "/v1/tokens", body: { name, access: "read" } },
        headers: { "idempotency-key": "the-same" },
      });
    const first = await send(one, "repeated");
    assert.equal(first.status, 201);
    assert.equal((await send(one, "repeated")).text, first.text);
    assert.deepEqual(code(await send(other, "repeated")), [409, "token_name_taken"]);
  });
});

describe("a session ends", () => {
  const ended = [401, "session_invalid"];
  const look = async (cookie) => code(await browser.send(cookie, { path: "/v1/events" }));

  test("with its sign-out: the cookie is worth nothing to a thief", async () => {
    const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
    const other = await browser.cookie({ token: DISPATCH_TOKEN });
    const answer = await browser.send(cookie, { ...SESSION, method: "DELETE" });
    assert.deepEqual([answer.status, answer.text], [204, ""]);
    const removal = "orderhook=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
    assert.deepEqual(answer.headers["set-cookie"], [removal]);
    assert.deepEqual(await look(cookie), ended);
    assert.equal((await look(other))[0], 200);
  });

  test("with its token, as do the token's codes", async () => {
    const token = await makeToken("leaver");
    const cookie = await browser.cookie({ token });
    const unused = await makeCode(token);
    assert.equal((await look(cookie))[0], 200);
    assert.equal((await dispatch.delete("/v1/tokens/leaver")).status, 204);
    assert.deepEqual(await look(cookie), ended);
    assert.deepEqual(code(await browser.signIn({ code: unused })), [401, "code_invalid"]);
    await makeToken("leaver");
    assert.deepEqual(await look(cookie), ended);
  });

  test("after its time", async () => {
    const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
    await sql("UPDATE sessions SET until = ?", Date.now());
    assert.deepEqual(await look(cookie), ended);
    assert.deepEqual(code(await browser.send(cookie, SESSION)), ended);
  });

  test("where there are a hundred newer ones of its token", async () => {
    const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
    const [[now, token]] = await sql(
      "SELECT max(at), token FROM sessions WHERE name = 'DISPATCH_TOKEN'",
    );
    const fill = (of, count) =>
      sql(
        `INSERT INTO sessions WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
          SELECT 'filled-' || ?1 || i, ?2 + 60000, ?1, 'filled', 'read', ?2 + 60000 FROM n`,
        ...[of, now, count],
      );
    await fill("another", 200);
    await browser.cookie({ token: DISPATCH_TOKEN });
    assert.equal((await look(cookie))[0], 200);
    await fill(token, 99);
    const latest = await browser.cookie({ token: DISPATCH_TOKEN });
    const [[count]] = await sql("SELECT count(*) FROM sessions WHERE token = ?", token);
    assert.equal(count, 100);
    assert.deepEqual(await look(cookie), ended);
    assert.equal((await look(latest))[0], 200);
    await sql("DELETE FROM sessions WHERE name = 'filled'");
  });

  test("and its row goes, some time later", async () => {
    await browser.cookie({ token: DISPATCH_TOKEN });
    await makeCode();
    await sql("UPDATE sessions SET at = at - 43200001");
    await sql("UPDATE codes SET at = at - 600001");
    await dispatch.registry("tend");
    for (const table of ["sessions", "codes"])
      assert.deepEqual(await sql(`SELECT count(*) FROM ${table}`), [[0]], table);
  });
});

test("a cookie that was changed in one place opens nothing", async () => {
  const cookie = await browser.cookie({ token: DISPATCH_TOKEN });
  const other = await browser.cookie({ token: DISPATCH_TOKEN });
  const [name, id, tag] = cookie.split(/[=.]/);
  const flip = (text, at) =>
    text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
  const forged = [
    ...[0, 20, 41].flatMap((at) => [
      [flip(id, at), tag],
      [id, flip(tag, at)],
    ]),
    [id, other.split(".")[1]],
    [id, tag.slice(0, -1)],
    [id, ""],
    [id, "A".repeat(43)],
    [id, `${tag}AAAA`],
  ];
  for (const [id, tag] of forged) {
    const answer = await browser.send(`${name}=${id}.${tag}`, SESSION);
    assert.equal(answer.status, 401, `${id}.${tag}`);
  }
  for (const text of [
    "",
    "orderhook",
    "orderhook=",
    `orderhook=${id}`,
    "orderhook=a.b",
    `=${id}.${tag}`,
  ])
    assert.deepEqual(code(await browser.send(text, SESSION)), [401, "token_missing"], text);
  const among = `a=b; ${cookie}; theme=dark`;
  assert.equal((await browser.send(among, SESSION)).status, 200);
});

describe("the secrets", () => {
  const folders = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** Runs `work` on a dispatch with these secrets, and with the storage of the one before. */
  async function started(persist, secrets, work) {
    const dispatch = await startDispatch({ persist, secrets });
    try {
      return await work(browserOf(dispatch));
    } finally {
      await dispatch.stop();
    }
  }

  test("a session ends with the token of DISPATCH_TOKEN that it came from, and with the seal key", async () => {
    const persist = mkdtempSync(join(tmpdir(), "dispatch-session-"));
    folders.push(persist);
    const [a, b] = ["a".repeat(32), "b".repeat(32)];
    const KEY = { DISPATCH_SEAL_KEY };
    const cookie = await started(persist, { ...KEY, DISPATCH_TOKEN: a }, (browser) =>
      browser.cookie({ token: a }),
    );
    const look = (secrets) =>
      started(persist, secrets, async (browser) => code(await browser.send(cookie, SESSION)));
    assert.equal((await look({ ...KEY, DISPATCH_TOKEN: `${b} ${a}` }))[0], 200);
    assert.deepEqual(await look({ ...KEY, DISPATCH_TOKEN: b }), [401, "session_invalid"]);
    const rotated = `${"6f".repeat(32)} ${DISPATCH_SEAL_KEY}`;
    const answer = await look({ DISPATCH_TOKEN: a, DISPATCH_SEAL_KEY: rotated });
    assert.deepEqual(answer, [401, "session_invalid"]);
    assert.equal((await look({ ...KEY, DISPATCH_TOKEN: a }))[0], 200);
  });

  test("without a seal key, signing in says what to do", async () => {
    await started(undefined, { DISPATCH_TOKEN }, async (browser) => {
      const answer = await browser.signIn({ token: DISPATCH_TOKEN });
      assert.deepEqual(code(answer), [503, "seal_key_missing"]);
      assert.match(answer.json.detail, /set `DISPATCH_SEAL_KEY`/);
      const cookie = `orderhook=${"A".repeat(43)}.${"A".repeat(43)}`;
      assert.deepEqual(code(await browser.send(cookie, SESSION)), [503, "seal_key_missing"]);
    });
  });

  test("without a token, signing in says what to do", async () => {
    await started(undefined, { DISPATCH_SEAL_KEY }, async (browser) => {
      const answer = await browser.signIn({ token: "x" });
      assert.deepEqual(code(answer), [503, "dispatch_token_missing"]);
    });
  });
});

test("no cookie, code, token or digest of one is in the output, and no secret is in the registry", async () => {
  const token = await makeToken("quiet");
  const unused = await makeCode(token);
  const cookie = await browser.cookie({ token });
  await browser.cookie({ code: await makeCode(token) });
  await browser.send(`${cookie}x`, SESSION);
  await browser.send(cookie, { path: "/v1/nothing" });
  await browser.signIn({ code: "not-a-code-at-all" });
  await dispatch.take(event());
  const [, id, tag] = cookie.split(/[=.]/);
  const secrets = [token, unused, id, tag, "not-a-code-at-all", DISPATCH_TOKEN];
  const output = dispatch.output.entries.join("\n");
  const rows = JSON.stringify([
    await sql("SELECT * FROM sessions"),
    await sql("SELECT * FROM codes"),
  ]);
  for (const secret of secrets) {
    assert.ok(!output.includes(secret));
    assert.ok(!rows.includes(secret));
  }
});
