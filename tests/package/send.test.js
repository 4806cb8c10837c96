// `orderhook send` in this clone, which is `npm run send`: the Worker recognises every delivery that the command knows, and the
// command reports it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fresh } from "../../pkg/cli/fresh.js";
import { choices, prepare } from "../../pkg/cli/prepare.js";
import { localSecrets, parseSecrets } from "../../pkg/cli/project.js";
import { providers as known } from "../../pkg/node.js";
import { definitions as builtIn, names } from "../../scripts/lib/catalogue.js";
import { canBeSent } from "../../scripts/lib/sample.js";
import { SECRETS, SOURCES } from "../support/accounts.js";
import { start } from "../support/workerd.js";

const inRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const providers = known();
const definitions = Object.fromEntries(builtIn());
const SOURCE_OF = { "standard-webhooks": "shop" };
const sources = { ...SOURCES };
const secrets = { ...SECRETS };

/** The source of a provider, and how it is authenticated. */
function account(provider) {
  const name = SOURCE_OF[provider.name] ?? provider.name;
  const { secrets: [secret] = [], token } = sources[name];
  return { name, secret: secrets[secret], token: secrets[token] };
}

const folder = ({ name }) =>
  JSON.parse(readFileSync(inRoot(`providers/${name}/events.json`), "utf8"));

/** The Worker's address that the providers were given: some sign it. */
const HOST = "https://hooks.example.com";

// Each other provider has the account of its folder.
for (const provider of providers) {
  const name = SOURCE_OF[provider.name] ?? provider.name;
  if (sources[name] !== undefined) continue;
  const { secret, token, url } = folder(provider);
  const named = (end, value) => {
    const variable = `${name.replaceAll("-", "_").toUpperCase()}_${end}`;
    if (value !== undefined) secrets[variable] = value;
    return variable;
  };
  sources[name] = {
    provider: provider.name,
    ...(secret !== undefined && { secrets: [named("SECRET", secret)] }),
    ...(token !== undefined && { token: named("TOKEN", token) }),
    ...(url !== undefined && { url: `${HOST}/hooks/${name}` }),
  };
}

let worker;
before(async () => (worker = await start({ vars: { SOURCES: sources }, secrets })));
after(() => worker.stop());

/** Returns the part of a provider's events.json about deliveries that can be sent. */
const expected = (provider) =>
  Object.fromEntries(
    Object.entries(folder(provider).deliveries).filter(([, { account }]) => account === undefined),
  );

for (const provider of providers) {
  const known = [...choices(provider)];

  test(`${provider.name}: each of ${known.length} deliveries becomes its event`, async () => {
    for (const [name, sample] of known) {
      const { event } = expected(provider)[name];
      const { name: source, ...proof } = account(provider);
      const { url, headers, body } = prepare(provider, sample, {
        url: new URL(`/hooks/${source}`, HOST),
        ...proof,
      });
      const { pathname, search } = new URL(url);
      const to = new URL(pathname + search, worker.url);
      const response = await fetch(to, { method: "POST", headers, body });
      const events = await worker.events();
      const { status = event === null ? 200 : 202 } = definitions[provider.name].answer ?? {};
      assert.equal(response.status, status, name);
      const told = ({ type, data: { status, test, items } }) => [type, status, test, items];
      assert.deepEqual(events.map(told), [event ?? []].flat().map(told), name);
    }
  });

  test(`${provider.name}: its deliveries are named as in its folder, and tell their status`, () => {
    const all = expected(provider);
    const leftOut = provider.name === "up42" ? ["body-not-signed"] : [];
    const sendable = Object.keys(all).filter((name) => !leftOut.includes(name));
    const isSent = canBeSent(definitions[provider.name]);
    assert.deepEqual(
      known.map(([name]) => name),
      isSent ? sendable : [],
    );
    for (const [name, { status }] of known)
      assert.equal(status, [all[name].event].flat()[0]?.data.status?.now ?? null, name);
  });

  test(`${provider.name}: each delivery is another order, of now`, () => {
    const now = Date.parse("2031-02-03T04:05:06.789Z");
    for (const [name, sample] of known) {
      const [one, other] = [fresh(sample, now), fresh(sample, now)];
      const text = JSON.stringify(one);
      // Another id may begin with it, and a number is added to one that has none.
      for (const id of sample.ids.filter((id) => /\d/.test(id)))
        assert.doesNotMatch(text, new RegExp(`(?<!\\w)${id.replace(/\W/g, "\\$&")}(?!\\w)`), name);
      if (sample.ids.length > 0) assert.notDeepEqual(one, other, name);
      assert.doesNotMatch(text, /\b20[12]\d-\d\d-\d\dT/, name);
      if (sample.body.startsWith("{")) JSON.parse(one.body);
    }
  });
}

/** Whether a sample's order and parcel have ids of their own. Some trackers know an order by its parcel's number alone. */
const isOwn = ({ order, parcel }) => order !== parcel;

test("a delivery is about the order and the parcel that are given", () => {
  const own = { order: "A-order-77", parcel: "A-parcel-88" };
  for (const provider of providers)
    for (const sample of choices(provider).values()) {
      const { body } = fresh(sample, undefined, own);
      for (const name of ["order", "parcel"])
        if (sample[name] !== undefined && isOwn(sample) && sample.body.includes(sample[name])) {
          assert.ok(body.includes(own[name]), `${sample.name} of ${provider.name}`);
          assert.ok(!body.includes(`"${sample[name]}"`), `${sample.name} of ${provider.name}`);
        }
    }
});

describe("a sample", () => {
  const at = Date.parse("2024-11-14T12:39:14Z");
  const sample = { ids: [], at, headers: {}, query: {}, body: "" };
  const body = (text, ids = []) =>
    fresh({ ...sample, ids, body: text }, at + 86_400_000 + 1_500).body;

  for (const [was, is] of [
    ["2024-11-14T12:39:13Z", "2024-11-15T12:39:14Z"],
    ["2024-11-14T12:39:13.250000Z", "2024-11-15T12:39:14.750000Z"],
    ["2024-11-14T23:59:59+02:00", "2024-11-16T00:00:00+02:00"],
    ["2024-11-14 14:39:13", "2024-11-15 14:39:14"],
    ["1731587954", "1731674356"],
    ["1731587954000", "1731674355500"],
    ["2024-99-14T12:39:13Z", "2024-99-14T12:39:13Z"],
    ["2024-11-14", "2024-11-14"],
    ["1000000000", "1000000000"],
    ["11731587954", "11731587954"],
  ]) {
    test(`moves the time ${was}`, () => assert.equal(body(`[${was}]`), `[${is}]`));
  }

  for (const [id, form] of [
    ["7-00000000-0000-4000-8000-000000000001", /^7-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
    ["123456", /^[1-9]\d{8}$/],
    ["msg_example_0001", /^msg_example_\d{9}$/],
    ["A1-77-x", /^A1-\d{9}-x$/],
    ["order", /^order-\d{9}$/],
    ["a.b(c", /^a\.b\(c-\d{9}$/],
  ]) {
    test(`has another id for ${id}, the same in each place`, () => {
      const [one, other, part] = body(`${id} ${id} x${id}`, [id]).split(" ");
      assert.match(one, form);
      assert.equal(other, one);
      assert.equal(part, `x${id}`);
      assert.notEqual(one, id);
    });
  }
});

test("local secrets are read as the Worker reads them", () => {
  const text =
    "# a comment\nA=\nB=2\n export C = three  # not of it\nD='a # b'\nE=\"x=y\" # z\n  #F=1\nG=a#b\r\nnot a line";
  assert.deepEqual(Object.fromEntries(parseSecrets(text)), {
    A: "",
    B: "2",
    C: "three",
    D: "a # b",
    E: "x=y",
    G: "a#b",
  });
});

/** Runs `orderhook send` in this clone. Returns its exit code and its output. */
const send = (...args) => run("pkg/cli/orderhook.js", "send", ...args);

function run(program, ...args) {
  const child = spawn(process.execPath, [inRoot(program), ...args], {
    cwd: inRoot("."),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (piece) => (out += piece));
  child.stderr.on("data", (piece) => (err += piece));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

const to = (name) => {
  const { secret, token } = account({ name });
  const proof = [...(secret ? ["--secret", secret] : []), ...(token ? ["--token", token] : [])];
  return ["--source", SOURCE_OF[name] ?? name, "--url", worker.url.href, ...proof];
};

test("--times shows duplicates", async () => {
  const { code, out } = await send("wakilni", "order-canceled", "--times", "3", ...to("wakilni"));
  assert.deepEqual(
    [code, out.match(/"status":"\w+"/g)],
    [0, ['"status":"accepted"', '"status":"duplicate"', '"status":"duplicate"']],
  );
});

test("--order makes it a delivery about that order", async () => {
  const { code, out } = await send(
    "wakilni",
    "order-completed",
    "--order",
    "A-order-77",
    "--show",
    ...to("wakilni"),
  );
  assert.equal(code, 0);
  assert.match(out, /"order_id": ?"?A-order-77/);
  for (const [event, order, message] of [
    ["order-completed", 'a"b', /takes an id of letters/],
    ["not-an-order", "1", /is not about an order/],
  ]) {
    const provider = event === "not-an-order" ? "standard-webhooks" : "wakilni";
    const wrong = await send(provider, event, "--order", order, ...to(provider));
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, message);
  }
});

test("an event can be named without its first word, as the provider writes it, and by its status", async () => {
  for (const name of ["canceled", "Order Canceled", "cancelled"])
    assert.equal((await send("wakilni", name, ...to("wakilni"))).code, 0, name);
});

for (const [provider, event, code] of [
  ["wakilni", "order-created", "signature_mismatch"],
  ["wegocod", "delivered", "signature_mismatch"],
  ["up42", "fulfilled", "digest_mismatch"],
  ["standard-webhooks", "shipped", "signature_mismatch"],
  ["gooten", "shipped", "not_found"],
]) {
  test(`--tamper shows a refusal: ${provider}`, async () => {
    const answer = await send(provider, event, "--tamper", ...to(provider));
    assert.deepEqual([answer.code, answer.out.match(/"code":"(\w+)"/)?.[1]], [0, code]);
  });
}

test("a delivery that is not accepted ends with 1", async () => {
  const { code, out } = await send(
    "wegocod",
    "delivered",
    "--url",
    worker.url.href,
    "--secret",
    "another",
  );
  assert.deepEqual([code, out.slice(0, 16)], [1, "401 Unauthorized"]);
});

test("--show has the request, and neither its token nor its secret", async () => {
  const { out } = await send("up42", "fulfilled", "--show", ...to("up42"));
  assert.match(out, /^POST http:\S+\/hooks\/up42\/<token>\/ HTTP\/1\.1$/m);
  assert.match(out, /^signature: up42-sig=/m);
  for (const value of [SECRETS.UP42_TOKEN, SECRETS.UP42_SECRET]) assert.ok(!out.includes(value));
});

test("--list names every provider and event", async () => {
  const { code, out } = await send("--list");
  assert.equal(code, 0);
  for (const provider of providers) {
    assert.match(out, new RegExp(`^${provider.name}$`, "m"));
    for (const [slug] of choices(provider)) assert.match(out, new RegExp(`^  ${slug} `, "m"));
  }
});

for (const [name, args, said] of [
  [
    "no provider",
    [],
    new RegExp(`Name a provider with --provider\\. There are:\n  ${names().join(",\\s+")}$`, "m"),
  ],
  [
    "an unknown provider",
    ["pigeon"],
    /There is no provider "pigeon"\. There are:\n {2}17track, [\s\S]*gooten/,
  ],
  ["no event", ["wegocod"], /Name an event of wegocod\. There are:\n {2}pending\n/],
  [
    "an unknown event",
    ["wegocod", "lost"],
    /There is no sample "lost" of wegocod\. There are:\n {2}pending\n/,
  ],
  [
    "an unknown option",
    ["--time=3"],
    /There is no option --time\. Did you mean --times\? orderhook send --help/,
  ],
  [
    "an invalid count",
    ["wegocod", "pending", "--secret", "s", "--times", "0"],
    /--times takes a whole number from 1/,
  ],
  [
    "a source that is not configured",
    ["wegocod", "pending", "--source", "nobody"],
    /The source "nobody" has no secret here: it is not in wrangler.toml\. Give one with --secret-env/,
  ],
  [
    "an invalid address",
    ["wegocod", "pending", "--secret", "s", "--url", "localhost:8787"],
    /--url takes an address to post to, as https:\/\/example\.com\/hooks\/orders\./,
  ],
  [
    "a secret of another form",
    ["standard-webhooks", "shipped", "--secret", "plain text"],
    /the secret is not standard base64/,
  ],
]) {
  test(`it says what to do about ${name}`, async () => {
    const { code, err } = await send(...args);
    assert.equal(code, 2);
    assert.match(err, said);
    assert.doesNotMatch(err, /^\s+at /m, "no stack");
  });
}

/** A server on a free port, and its address. */
async function listen(test, answer) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  test.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, server };
}

test("it says what to do if nothing answers", async (test) => {
  const { url, server } = await listen(test);
  server.close();
  await once(server, "close");
  const { code, out } = await send("wegocod", "pending", "--secret", "s", "--url", url);
  assert.deepEqual(
    [code, out],
    [
      1,
      `${url} does not answer (ECONNREFUSED).\nThe Worker may not be running: npm start runs it here.\n`,
    ],
  );
});

test("missing options are taken from wrangler.toml and .dev.vars", async (test) => {
  const secret = localSecrets(inRoot(".")).get("WEGOCOD_SECRET");
  const taken = [];
  const { url } = await listen(test, async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    taken.push([
      request.url,
      request.headers["x-webhook-signature"] ===
        createHmac("sha256", secret).update(body).digest("hex"),
    ]);
    response.end();
  });
  const { code, err } = await send("wegocod", "pending", "--url", url);
  if (secret) assert.deepEqual([code, taken], [0, [["/hooks/wegocod", true]]]);
  else
    assert.match(
      err,
      /The source "wegocod" has no secret here: WEGOCOD_SECRET is not in \.dev\.vars \(npm start makes it\)/,
    );
});

test("npm run send is the same command, and ends as it does", async () => {
  const [direct, alias] = await Promise.all([
    send("wegocod", "lost"),
    run("scripts/orderhook.js", "send", "wegocod", "lost"),
  ]);
  assert.equal(alias.code, 2);
  assert.deepEqual(alias, direct);
  const { scripts } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
  assert.equal(scripts.send, "node scripts/orderhook.js send");
  assert.equal(scripts["dead-letters"], "node scripts/orderhook.js dead-letters");
});
