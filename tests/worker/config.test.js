// Settings that contradict each other: their effects, and where they are reported.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { HEALTH_TOKEN, SECRETS, SOURCES } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const { version } = JSON.parse(
  readFileSync(new URL("../../pkg/package.json", import.meta.url), "utf8"),
);

const PROBES = {
  "not-set": [{ provider: "wakilni", secrets: ["NOT_SET"] }, /NOT_SET is not set/],
  "empty-secret": [{ provider: "wakilni", secrets: ["EMPTY"] }, /EMPTY is empty/],
  "blank-secret": [{ provider: "wakilni", secrets: ["BLANK"] }, /BLANK is empty/],
  "padded-secret": [
    { provider: "wakilni", secrets: ["PADDED"] },
    /PADDED has blanks or a line break around it/,
  ],
  "one-of-two-not-set": [
    { provider: "wakilni", secrets: ["WAKILNI_SECRET", "NOT_SET"] },
    /NOT_SET is not set/,
  ],
  "not-base64": [
    { provider: "standard-webhooks", secrets: ["WAKILNI_SECRET"] },
    /WAKILNI_SECRET is not standard base64/,
  ],
  "no-secret": [{ provider: "wegocod" }, /`secrets` is needed: this provider signs/],
  "no-secrets": [{ provider: "wegocod", secrets: [] }, /`secrets` is an empty list: name a secret/],
  "no-secrets-beside-a-token": [
    { provider: "up42", secrets: [], token: "UP42_TOKEN" },
    /`secrets` is an empty list/,
  ],
  "secret-is-a-public-variable": [
    { provider: "wakilni", secrets: ["DEDUP"] },
    /DEDUP is orderhook's own variable and no secret/,
  ],
  "secret-opens-the-health": [
    { provider: "wakilni", secrets: ["HEALTH_TOKEN"] },
    /HEALTH_TOKEN is orderhook's own variable/,
  ],
  "token-opens-the-health": [
    { provider: "gooten", token: "HEALTH_TOKEN" },
    /HEALTH_TOKEN is orderhook's own variable/,
  ],
  "text-of-nothing": [
    { provider: "wakilni", secrets: ["UNDEFINED"] },
    /UNDEFINED is the text of a value that is not set/,
  ],
  "text-of-null": [
    { provider: "standard-webhooks", secrets: ["NULL"] },
    /NULL is the text of a value that is not set/,
  ],
  "token-of-nothing": [
    { provider: "gooten", token: "UNDEFINED" },
    /UNDEFINED is the text of a value that is not set/,
  ],
  "token-for-secret": [
    { provider: "wegocod", token: "GOOTEN_TOKEN" },
    /`secrets` is needed: this provider signs/,
  ],
  "secret-of-another-kind": [
    { provider: "wakilni", secrets: [7] },
    /an entry of `secrets` is not set/,
  ],
  "secret-is-a-setting": [
    { provider: "wakilni", secrets: ["SOURCES"] },
    /SOURCES is orderhook's own variable/,
  ],
  "secret-is-a-binding": [{ provider: "wakilni", secrets: ["SEEN"] }, /SEEN is not set/],
  "secret-is-everybodys": [{ provider: "wakilni", secrets: ["constructor"] }, /is not set/],
  "no-such-provider": [
    { provider: "pigeon", secrets: ["WAKILNI_SECRET"] },
    /`provider` must be one of .*`gooten`/,
  ],
  "no-provider": [{ secrets: ["WAKILNI_SECRET"] }, /`provider` must be one of/],
  "unknown-setting": [
    { provider: "wakilni", secrets: ["WAKILNI_SECRET"], tokken: "UP42_TOKEN" },
    /the setting `tokken` is unknown/,
  ],
  "singular-setting": [
    { provider: "wakilni", secret: "WAKILNI_SECRET" },
    /the setting `secret` is unknown/,
  ],
  "bad-offset": [
    { provider: "wakilni", secrets: ["WAKILNI_SECRET"], utc_offset: "Asia/Beirut" },
    /`utc_offset` must be written as `\+02:00`/,
  ],
  "number-offset": [
    { provider: "wakilni", secrets: ["WAKILNI_SECRET"], utc_offset: 2 },
    /`utc_offset` must be written as `\+02:00`/,
  ],
  "unknown-dedup": [
    { provider: "wakilni", secrets: ["WAKILNI_SECRET"], dedup: "Strict" },
    /`dedup` must be `kv` or `strict`/,
  ],
  "flag-dedup": [
    { provider: "wakilni", secrets: ["WAKILNI_SECRET"], dedup: true },
    /`dedup` must be `kv` or `strict`/,
  ],
  "gooten-open": [{ provider: "gooten" }, /`token` is needed/],
  "gooten-signed": [
    { provider: "gooten", token: "GOOTEN_TOKEN", secrets: ["WAKILNI_SECRET"] },
    /`secrets` must go/,
  ],
  "token-not-set": [{ provider: "gooten", token: "NOT_SET" }, /NOT_SET is not set/],
  "token-blank": [{ provider: "gooten", token: "BLANK" }, /BLANK is empty/],
  "token-for-no-path": [
    { provider: "gooten", token: "SLASHED" },
    /SLASHED has a character that cannot stand in a URL's path/,
  ],
  "token-guessable": [{ provider: "gooten", token: "SHORT" }, /SHORT has fewer than 16 bytes/],
  "shared-keys": [
    { provider: "shipstation", jwks: "https://keys.example/jwks" },
    /`token` is needed: this provider signs for all its customers/,
  ],
  "up42-open": [{ provider: "up42" }, /`secrets` or `token` is needed/],
  "no-table": ["wakilni", /it is not a table/],
  "null-table": [null, /it is not a table/],
  "Bad Name": [
    { provider: "wakilni", secrets: ["WAKILNI_SECRET"] },
    /a source's name is 1 to 32 of a-z, 0-9 and -/,
  ],
  "a-name-of-more-than-thirty-two-bytes": [
    { provider: "wakilni", secrets: ["WAKILNI_SECRET"] },
    /a source's name is 1 to 32/,
  ],
};

const HEALTHY = {
  wakilni: { provider: "wakilni", secrets: "WAKILNI_SECRET" },
  gooten: { provider: "gooten", token: "GOOTEN_TOKEN" },
  up42: { provider: "up42", secrets: ["UP42_SECRET"] },
  "up42-unsigned": { provider: "up42", token: "UP42_TOKEN" },
  "short-key": { provider: "wakilni", secrets: ["SHORT"] },
  "short-whsec": { provider: "standard-webhooks", secrets: ["SHORT_WHSEC"] },
  "same-key": { provider: "standard-webhooks", secrets: ["SAME_AS_WAKILNI"] },
  "same-token": { provider: "gooten", token: "GOOTEN_TOKEN" },
};
const MORE_SECRETS = {
  EMPTY: "",
  BLANK: " \t ",
  PADDED: `${SECRETS.WAKILNI_SECRET}\n`,
  SLASHED: "a/b-0123456789abcdef",
  SHORT: "0123456789abcde",
  UNDEFINED: "undefined",
  NULL: "null",
  // Longer than a key's least length as text, shorter as bytes.
  SHORT_WHSEC: "whsec_MDEyMzQ1Njc4OWFiY2Rl",
  // Another text, the same key.
  SAME_AS_WAKILNI: `whsec_${Buffer.from(SECRETS.WAKILNI_SECRET).toString("base64")}`,
};

const WAKILNI = { wakilni: { provider: "wakilni", secrets: ["WAKILNI_SECRET"] } };
const BODY = '{"event_id":"1","event":"Order Created","data":{"order_id":1}}';
const deliver = (worker, path) =>
  worker.post(path, BODY, sign.wakilni(SECRETS.WAKILNI_SECRET, BODY));

describe("misconfigured sources beside healthy ones", () => {
  let worker;
  before(async () => {
    const broken = Object.fromEntries(
      Object.entries(PROBES).map(([name, [settings]]) => [name, settings]),
    );
    worker = await start({
      vars: { SOURCES: { ...broken, ...HEALTHY }, DEDUP: "kv" },
      secrets: { ...SECRETS, ...MORE_SECRETS },
    });
  });
  after(() => worker.stop());

  for (const [name, [settings, problem]] of Object.entries(PROBES)) {
    test(`${name} answers 503, and /healthz and the log say why`, async () => {
      const path = `/hooks/${encodeURIComponent(name)}`;
      const token = settings?.token && { ...SECRETS, ...MORE_SECRETS }[settings.token];
      const addressable = name !== "Bad Name";
      if (addressable) {
        // Not even the right secret, or the right token, opens it; and a caller without its token does not see it.
        const usable = token?.trim() && !token.includes("/") && settings.token in SECRETS;
        const answer = await deliver(worker, usable ? `${path}/${token}` : path);
        assert.deepEqual(
          [answer.status, answer.json.code, answer.headers["retry-after"]],
          [503, "source_not_configured", "30"],
        );
        if (usable) assert.equal((await deliver(worker, path)).status, 404);
        const line = await worker.logged(({ source }) => source === name);
        assert.deepEqual([line.outcome, line.code], ["failed", "source_not_configured"]);
        assert.match(line.cause, problem);
      }
      const { json } = await worker.health();
      const { ready, problems } = json.sources[name];
      assert.equal(ready, false);
      assert.equal(
        problems.filter((text) => problem.test(text)).length,
        1,
        JSON.stringify(problems),
      );
    });
  }

  test("the healthy ones accept their deliveries", async () => {
    assert.equal((await deliver(worker, "/hooks/wakilni")).status, 202);
    assert.equal((await worker.post(`/hooks/gooten/${SECRETS.GOOTEN_TOKEN}`, "")).status, 200);
    const events = await worker.events();
    assert.deepEqual(
      events.map(({ source }) => source),
      ["/hooks/wakilni"],
    );
  });

  test("/healthz tells them apart, and names no secret's value", async () => {
    const { status, json, text } = await worker.health();
    assert.equal(status, 200);
    assert.deepEqual([json.status, json.version, json.problems], ["degraded", version, []]);
    const taking = Object.entries(json.sources).filter(([, source]) => source.ready);
    assert.deepEqual(taking.map(([name]) => name).sort(), Object.keys(HEALTHY).sort());
    const { wakilni, gooten, up42 } = json.sources;
    const shared = (what, name) =>
      `${what} of this source is that of \`${name}\`, too: a delivery to one can be sent to the other; give each its own`;
    const ready = { ready: true, dedup: "kv", too_large: 0, problems: [] };
    assert.deepEqual(wakilni, {
      provider: "wakilni",
      ...ready,
      warnings: [shared("a secret", "same-key")],
    });
    assert.deepEqual(gooten, {
      provider: "gooten",
      ...ready,
      warnings: [shared("the token", "same-token")],
    });
    assert.deepEqual(json.sources["same-key"].warnings, [shared("a secret", "wakilni")]);
    assert.deepEqual(json.sources["same-token"].warnings, [shared("the token", "gooten")]);
    assert.match(
      up42.warnings.join(),
      /^without `token`, deliveries whose signature covers no digest of the body are refused$/,
    );
    assert.match(
      json.sources["up42-unsigned"].warnings.join(),
      /^without `secrets`, its deliveries are not verified/,
    );
    assert.match(
      json.sources["short-key"].warnings.join(),
      /^SHORT is a key of fewer than 16 bytes and can be guessed/,
    );
    assert.match(
      json.sources["short-whsec"].warnings.join(),
      /^an entry of `secrets` is a key of fewer than 16 bytes|^SHORT_WHSEC is a key of fewer than 16 bytes/,
    );
    const { EMPTY, BLANK, UNDEFINED, NULL, ...values } = { ...SECRETS, ...MORE_SECRETS };
    for (const value of Object.values(values)) assert.ok(!text.includes(value), value);
  });
});

const HEALTH = { path: "/healthz" };
const bearing = (token) => ({ ...HEALTH, headers: { authorization: `Bearer ${token}` } });

describe("/healthz", () => {
  let worker;
  const NAMES = {
    HUNTER2024: { provider: "wakilni", secrets: ["NOT_SET"] },
    wakilni: { provider: "wakilni", secrets: ["WAKILNI_SECRET"] },
  };
  before(async () => (worker = await start({ vars: { SOURCES: NAMES } })));
  after(() => worker.stop());

  test("says `degraded` in public, and no more", async () => {
    const { status, json } = await worker.send(HEALTH);
    assert.deepEqual([status, json], [200, { status: "degraded" }]);
  });

  test("shows the rest to a caller with the token, whatever the case of the scheme", async () => {
    for (const scheme of ["Bearer", "bearer"]) {
      const { status, json } = await worker.send({
        ...HEALTH,
        headers: { authorization: `${scheme} ${HEALTH_TOKEN}` },
      });
      assert.deepEqual([status, Object.keys(json.sources)], [200, Object.keys(NAMES)]);
    }
  });

  test("refuses another token, in any scheme", async () => {
    const basic = Buffer.from(`x:${HEALTH_TOKEN}`).toString("base64");
    for (const authorization of [
      "Bearer",
      "Bearer ",
      `Bearer ${HEALTH_TOKEN}x`,
      `Basic ${basic}`,
      HEALTH_TOKEN,
      `Bearer ${SECRETS.UP42_TOKEN}`,
    ]) {
      const { status, json, headers } = await worker.send({
        ...HEALTH,
        headers: { authorization },
      });
      assert.deepEqual(
        [status, json.code, headers["www-authenticate"]],
        [401, "health_token_wrong", "Bearer"],
        authorization,
      );
    }
  });

  test("the log says what is wrong when an instance starts, once", async () => {
    await worker.send(HEALTH);
    const line = await worker.logged(({ at }) => at === "settings");
    assert.deepEqual(line, {
      at: "settings",
      status: "degraded",
      problems: [],
      sources: [
        {
          source: "HUNTER2024",
          problems: ["NOT_SET is not set: `npx wrangler secret put <NAME>` sets it"],
          warnings: [],
        },
      ],
    });
    assert.equal(worker.lines().filter(({ at }) => at === "settings").length, 1);
  });
});

for (const [name, token] of [
  ["is not set", undefined],
  ["is too short", "0123456789abcde"],
  ["is not for a header", "0123456789 abcdef"],
]) {
  test(`where HEALTH_TOKEN ${name}, the details are closed`, async () => {
    const worker = await start({
      vars: { SOURCES: WAKILNI },
      secrets: { ...SECRETS, HEALTH_TOKEN: token },
    });
    try {
      const status = token === undefined ? "ok" : "degraded";
      assert.deepEqual((await worker.send(HEALTH)).json, { status });
      assert.equal((await worker.send(bearing(token))).status, 401);
      if (token !== undefined) {
        const { problems } = await worker.logged(({ at }) => at === "settings");
        assert.match(problems.join(), /^`HEALTH_TOKEN` is not 16 or more letters/);
      }
      assert.equal((await deliver(worker, "/hooks/wakilni")).status, 202);
    } finally {
      await worker.stop();
    }
  });
}

test("without errors in the settings, nothing is logged about them", async () => {
  const worker = await start({ vars: { SOURCES: WAKILNI } });
  try {
    await deliver(worker, "/hooks/wakilni");
    await worker.logged(({ at }) => at === "delivery");
    assert.deepEqual(
      worker.lines().filter(({ at }) => at === "settings"),
      [],
    );
  } finally {
    await worker.stop();
  }
});

describe("names that are twice in SOURCES", () => {
  // Only a text can have it: a variable set in the dashboard.
  const TEXT = `{
    "no-secret": { "provider": "up42", "secrets": ["UP42_SECRET"], "secrets": ["UP42_SECRET"], "token": "UP42_TOKEN" },
    "no-token": { "provider": "wakilni", "secrets": ["WAKILNI_SECRET"], "token": "UP42_TOKEN", "token": "UP42_TOKEN" },
    "twice": { "provider": "wakilni", "secrets": ["WAKILNI_SECRET"] },
    "twice": { "provider": "gooten", "token": "GOOTEN_TOKEN" }
  }`;
  let worker;
  before(async () => (worker = await start({ vars: { SOURCES: TEXT } })));
  after(() => worker.stop());

  for (const [name, problem, address] of [
    ["no-secret", "the setting `secrets` stands twice", `/hooks/no-secret/${SECRETS.UP42_TOKEN}`],
    ["no-token", "the setting `token` stands twice", "/hooks/no-token"],
    ["twice", "it stands twice in `SOURCES`", "/hooks/twice"],
  ]) {
    test(`${name}: accepted for neither source, and not without one`, async () => {
      const { json } = await worker.health();
      assert.deepEqual([json.sources[name].ready, json.sources[name].problems], [false, [problem]]);
      for (const path of [
        `/hooks/${name}`,
        `/hooks/${name}/${SECRETS.UP42_TOKEN}`,
        `/hooks/${name}/${SECRETS.GOOTEN_TOKEN}`,
      ]) {
        assert.notEqual((await deliver(worker, path)).status, 202, path);
      }
      assert.equal((await deliver(worker, address)).json.code, "source_not_configured");
    });
  }

  test("/healthz has each name once", async () => {
    const { text } = await worker.health();
    assert.equal(text.split('"twice":').length, 2);
  });
});

describe("a secret's value in the place of its name", () => {
  let worker;
  const VALUE = "s3cr3t-value-of-somebody";
  // Each of its characters is allowed in a name.
  const BASE32 = "JBSWY3DPEHPK3PXPJBSWY3DP";
  before(async () => {
    const SOURCES = {
      a: { provider: "wakilni", secrets: [VALUE], [VALUE]: VALUE },
      b: { provider: "gooten", token: VALUE },
      c: { provider: "gooten", token: BASE32 },
    };
    worker = await start({ vars: { SOURCES } });
  });
  after(() => worker.stop());

  test("is repeated nowhere", async () => {
    const answers = [
      await worker.health(),
      await deliver(worker, "/hooks/a"),
      await deliver(worker, "/hooks/b"),
    ];
    await worker.logged(({ source }) => source === "b");
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 503, 503],
    );
    assert.equal(answers[0].json.sources.a.ready, false);
    await deliver(worker, "/hooks/c");
    await worker.logged(({ source }) => source === "c");
    const texts = [...answers.map(({ text }) => text), ...worker.output.entries];
    for (const value of [VALUE, BASE32])
      for (const text of texts) assert.ok(!text.includes(value), text);
  });
});

const WHOLE = [
  [
    "SOURCES is missing",
    {},
    { status: "degraded", problems: [/there are no sources/], delivered: 404 },
  ],
  [
    "SOURCES is empty",
    { SOURCES: {} },
    { status: "degraded", problems: [/there are no sources/], delivered: 404 },
  ],
  [
    "SOURCES is a list",
    { SOURCES: [WAKILNI] },
    { status: "degraded", problems: [/`SOURCES` is not a table/], delivered: 404 },
  ],
  [
    "SOURCES is a number",
    { SOURCES: 1 },
    { status: "degraded", problems: [/`SOURCES` is not a table/], delivered: 404 },
  ],
  [
    "SOURCES is a text, but no JSON",
    { SOURCES: "wakilni" },
    { status: "degraded", problems: [/`SOURCES` is not a table/], delivered: 404 },
  ],
  [
    "SOURCES is JSON text",
    { SOURCES: JSON.stringify(WAKILNI) },
    { status: "ok", problems: [], delivered: 202 },
  ],
  [
    "limits as texts, as the dashboard sets them",
    {
      SOURCES: WAKILNI,
      MAX_BODY_BYTES: "100",
      DEDUP_TTL_SECONDS: "60",
      DEADLINE_MS: "3000",
    },
    { status: "ok", problems: [], delivered: 202 },
  ],
  [
    "limits out of their bounds",
    {
      SOURCES: WAKILNI,
      MAX_BODY_BYTES: 0,
      DEDUP_TTL_SECONDS: 59,
      DEADLINE_MS: 99,
    },
    {
      status: "degraded",
      problems: ["MAX_BODY_BYTES", "DEDUP_TTL_SECONDS", "DEADLINE_MS"].map(
        (name) => new RegExp(`\`${name}\` is not`),
      ),
      // The defaults are used, so that no order is lost over it.
      delivered: 202,
    },
  ],
  [
    "DEDUP is neither word",
    { SOURCES: WAKILNI, DEDUP: "Strict" },
    { status: "degraded", problems: [/`DEDUP` must be `kv` or `strict`/], delivered: 202 },
  ],
];

test("/healthz says how each source tells copies apart", async () => {
  const [kv, strict] = ["kv", "strict"].map((dedup) => ({ ...WAKILNI.wakilni, dedup }));
  for (const [DEDUP, usual] of [
    [undefined, "kv"],
    ["kv", "kv"],
    ["strict", "strict"],
  ]) {
    const worker = await start({
      vars: { SOURCES: { kv, strict, ...WAKILNI }, ...(DEDUP && { DEDUP }) },
    });
    try {
      const { status, sources } = (await worker.health()).json;
      assert.deepEqual(
        [status, sources.kv.dedup, sources.strict.dedup, sources.wakilni.dedup],
        ["ok", "kv", "strict", usual],
      );
    } finally {
      await worker.stop();
    }
  }
});

// How long each provider's signature is in time: SECURITY.md, "Replay".
for (const [seconds, warned] of [
  [598, ["shop", "up42", "up42-bare"]],
  [599, ["shop"]],
  [600, ["shop"]],
  [601, []],
]) {
  test(`a copy that is in time when it is forgotten is warned of: DEDUP_TTL_SECONDS ${seconds}`, async () => {
    const worker = await start({ vars: { SOURCES, DEDUP_TTL_SECONDS: seconds } });
    try {
      const { status, sources } = (await worker.health()).json;
      const names = Object.keys(sources).filter((name) =>
        sources[name].warnings.some((text) => text.includes("DEDUP_TTL_SECONDS")),
      );
      assert.deepEqual([status, names.sort()], ["ok", warned]);
    } finally {
      await worker.stop();
    }
  });
}

for (const [name, vars, { status, problems, delivered }] of WHOLE) {
  test(name, async () => {
    const worker = await start({ vars });
    try {
      const { json } = await worker.health();
      assert.equal(json.status, status);
      assert.equal(json.problems.length, problems.length, JSON.stringify(json.problems));
      for (const [index, problem] of problems.entries())
        assert.match(json.problems[index], problem);
      assert.equal((await deliver(worker, "/hooks/wakilni")).status, delivered);
      assert.equal((await worker.events()).length, delivered === 202 ? 1 : 0);
    } finally {
      await worker.stop();
    }
  });
}
