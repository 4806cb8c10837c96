// Settings that are present and empty: a secret or a token whose variable is not set must not count as one left out.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Verifier,
  WebhookError,
  explain,
  receive,
  receiveRequest,
  verify,
} from "../../pkg/node.js";
import { encoded } from "../../pkg/lib/settings.js";
import { up42, wakilni } from "../support/sign.js";

const body = '{"messageId":"m-1","event":"order.status"}';
const TOKEN = "t0ken-0123456789";
const url = `https://shop.example/hooks/up42/${TOKEN}`;
const SECRET = "s3cret";
const signedByUp42 = { provider: "up42", secrets: SECRET, headers: up42(SECRET, body), body, url };
const withTokenAlone = { provider: "up42", token: TOKEN, headers: {}, body, url };
const gooten = { ...withTokenAlone, provider: "gooten" };

const SECRETS_OUT = "leave `secrets` out only where nothing is signed";
const TOKEN_OUT = "leave `token` out only where a signature alone proves deliveries";
const unset = (what, otherwise) => `${what}: the variable it came from is not set; ${otherwise}`;
const another = (what) => `\`secrets\` is ${what}: give a string, or an array of strings`;

// Values of `secrets`, and the error for each.
const NO_SECRETS = [
  [undefined, unset("`secrets` is undefined", SECRETS_OUT)],
  [null, unset("`secrets` is null", SECRETS_OUT)],
  [[], `\`secrets\` is an empty array: no variable it came from is set; ${SECRETS_OUT}`],
  [[undefined], unset("secret 1 is undefined", "leave out what is not set")],
  [[SECRET, null], unset("secret 2 is null", "leave out what is not set")],
  [
    Object.assign([SECRET], { length: 2 }),
    unset("secret 2 is undefined", "leave out what is not set"),
  ],
  [[[SECRET]], "secret 1 is an array: give a string"],
  [[new String(SECRET)], "secret 1 is an object: give a string"],
  [[5], "secret 1 is a number: give a string"],
  [new String(SECRET), another("an object")],
  [new Set([SECRET]), another("an object")],
  [{ 0: SECRET, length: 1 }, another("an object")],
  [NaN, another("a number")],
  [5, another("a number")],
  [true, another("a boolean")],
  [() => SECRET, another("a function")],
  [Symbol(SECRET), another("a symbol")],
  [Buffer.from(SECRET), another("an object")],
];

const NO_TOKENS = [
  [undefined, unset("`token` is undefined", TOKEN_OUT)],
  [null, unset("`token` is null", TOKEN_OUT)],
  [[TOKEN], "`token` is an array: give a string"],
  [new String(TOKEN), "`token` is an object: give a string"],
  [NaN, "`token` is a number: give a string"],
  [() => TOKEN, "`token` is a function: give a string"],
];

const sentOf = ({ headers, body }) => ({ headers, body });
const ways = {
  verify: async (delivery) => verify(delivery),
  receive: async (delivery) => receive(delivery),
  receiveRequest: (delivery) =>
    receiveRequest(new Request(url, { method: "POST", ...sentOf(delivery) }), delivery),
  Verifier: async (delivery) => new Verifier(delivery),
};

const refuses = (promise, message) =>
  assert.rejects(promise, { name: "WebhookError", code: "source_not_configured", message });

for (const [name, way] of Object.entries(ways)) {
  test(`${name}: unusable secrets are refused, whatever was prepared before`, async () => {
    for (const given of [withTokenAlone, gooten, signedByUp42]) {
      // The accounts that these settings would become if they counted as no secrets or as these ones.
      for (const prepared of [given, { ...given, secrets: SECRET }])
        await way(prepared).catch(() => {});
      for (const [secrets, message] of NO_SECRETS)
        await refuses(way({ ...given, secrets }), message);
    }
  });

  test(`${name}: an unusable token is refused, whatever was prepared before`, async () => {
    const signedByWakilni = {
      provider: "wakilni",
      secrets: SECRET,
      headers: wakilni(SECRET, body),
      body,
      url,
    };
    for (const given of [signedByUp42, signedByWakilni]) {
      for (const prepared of [given, { ...given, token: TOKEN }]) await way(prepared);
      for (const [token, message] of NO_TOKENS) await refuses(way({ ...given, token }), message);
    }
    for (const given of [withTokenAlone, gooten]) {
      await way(given);
      for (const [token, message] of NO_TOKENS) await refuses(way({ ...given, token }), message);
    }
  });

  test(`${name}: a setting counts as given in any position`, async () => {
    class Inherited {
      get secrets() {
        return undefined;
      }
    }
    const hidden = Object.defineProperty({ ...withTokenAlone }, "secrets", {
      value: undefined,
      enumerable: false,
    });
    for (const account of [Object.assign(new Inherited(), withTokenAlone), hidden]) {
      await refuses(way(account), NO_SECRETS[0][1]);
    }
  });
}

test("`secret` for `secrets` is refused: it would leave the account to its token", () => {
  for (const secret of [SECRET, undefined]) {
    const given = { ...withTokenAlone, secret };
    for (const work of [() => verify(given), () => receive(given), () => new Verifier(given)]) {
      assert.throws(work, {
        code: "source_not_configured",
        message: "`secret` is not a setting of an account: give `secrets`",
      });
    }
  }
});

test("an unknown name is refused where no secrets are given, and is repeated only if it can be a name", () => {
  for (const [name, named] of [
    ["Secrets", "`Secrets`"],
    ["secretes", "`secretes`"],
    ["whsec_c2VjcmV0IG9mIGEgc2hvcA==", "one of the names"],
  ])
    assert.throws(() => verify({ ...withTokenAlone, [name]: [SECRET] }), {
      code: "source_not_configured",
      message: `${named} is neither a setting of an account nor a part of a delivery`,
    });
});

test("a setting that the provider does not need may be left out", () => {
  assert.equal(verify(withTokenAlone).authenticity, "url_token");
  assert.equal(verify(gooten).authenticity, "url_token");
  assert.equal(verify(signedByUp42).authenticity, "body_signed");
});

test("an array that lists fewer secrets than it holds is not one without secrets", async () => {
  const secrets = [SECRET];
  secrets[Symbol.iterator] = function* () {};
  await refuses(ways.verify({ ...withTokenAlone, secrets }), NO_SECRETS[2][1]);
});

test("the checked value counts, even if a setting reads otherwise the second time", () => {
  let reads = 0;
  const account = {
    ...withTokenAlone,
    get secrets() {
      reads += 1;
      return reads === 1 ? SECRET : undefined;
    },
  };
  assert.throws(() => verify(account), { code: "missing_signature" });
  assert.equal(reads, 1);
});

test("explain reports it first, and does not search for a delivery without secrets", async () => {
  for (const [secrets, message] of NO_SECRETS) {
    for (const given of [withTokenAlone, gooten, signedByUp42]) {
      const { verified, code, advice } = await explain({ ...given, secrets });
      assert.deepEqual([verified, code], [false, "source_not_configured"]);
      assert.ok(advice.startsWith(`${message}.`), advice);
    }
  }
  for (const [token, message] of NO_TOKENS) {
    for (const given of [withTokenAlone, gooten, signedByUp42]) {
      const { verified, code, advice } = await explain({ ...given, token });
      assert.deepEqual([verified, code], [false, "source_not_configured"]);
      assert.ok(advice.startsWith(`${message}.`), advice);
    }
  }
  const { causes, advice } = await explain({
    ...signedByUp42,
    secrets: undefined,
    otherSecrets: ["another", SECRET],
  });
  assert.deepEqual(
    causes.map(({ cause }) => cause),
    ["other_secret"],
  );
  assert.equal(advice, `${NO_SECRETS[0][1]}. ${causes[0].advice}`);
});

test("no two settings have the same text, whatever they hold", () => {
  const texts = ["", "-", ":", "1", "1:", "1:-", "0:", "\ud800"];
  const some = [undefined, ...texts];
  const lists = [
    [],
    ...texts.map((text) => [text]),
    ...texts.flatMap((text) => texts.map((next) => [text, next])),
  ];
  const seen = new Set();
  let many = 0;
  const definitions = texts.flatMap((name) => [
    { name, text: "", isDeclared: false },
    ...texts.map((text) => ({ name, text, isDeclared: true })),
  ]);
  const all = definitions.flatMap((definition) =>
    some.flatMap((source) => some.map((token) => ({ definition, source, token }))),
  );
  for (const settings of all) {
    for (const utcOffset of [undefined, "", "-"]) {
      for (const secrets of lists) seen.add(encoded({ ...settings, utcOffset, secrets }));
      many += lists.length;
    }
  }
  assert.equal(seen.size, many);
});

test("a refusal of settings repeats none of them", () => {
  for (const [given, values] of [
    ["secrets", NO_SECRETS],
    ["token", NO_TOKENS],
  ]) {
    for (const [value] of values) {
      assert.throws(
        () => verify({ ...withTokenAlone, [given]: value }),
        (error) => {
          assert.ok(error instanceof WebhookError);
          return !`${error.message}${error.stack.split("\n")[0]}`.includes(
            given === "token" ? TOKEN : SECRET,
          );
        },
      );
    }
  }
});
