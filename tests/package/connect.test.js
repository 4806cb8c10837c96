// `orderhook connect up42`, against servers that answer as UP42 and Cloudflare do, and with the real wrangler.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ACCOUNT, CloudflareApi, TOKEN as CLOUDFLARE_TOKEN } from "../support/cloudflare-api.js";
import { USER, Up42Api } from "../support/up42-api.js";

const inRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const COMMAND = inRoot("pkg/cli/orderhook.js");
const HOST = "https://orderhook.shop.workers.dev";
const SECRET = "given-secret-91c2d3e4f5a6";
const TOKEN = "given-token-5f1e2d3c4b5a";

const WORKER = `
name = "orderhook"
compatibility_date = "2026-10-19"
[vars.SOURCES]
satellite = { provider = "up42", secrets = ["UP42_SECRET", "UP42_SECRET_NEXT"], token = "UP42_TOKEN" }
`;
const ONE_NAME = WORKER.replace(', "UP42_SECRET_NEXT"', "");

const all = mkdtempSync(join(tmpdir(), "orderhook-connect-"));
after(() => rmSync(all, { recursive: true, force: true }));

/** Makes the folder of a Worker, or an empty one. */
function project(text) {
  const folder = mkdtempSync(join(all, "p-"));
  if (text === undefined) return folder;
  writeFileSync(join(folder, "wrangler.toml"), text);
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["wrangler", "smol-toml"])
    symlinkSync(inRoot(`node_modules/${name}`), join(folder, "node_modules", name), "junction");
  return folder;
}

describe("connect up42", () => {
  let up42;
  let cloudflare;
  before(async () => {
    up42 = await new Up42Api().listen();
    cloudflare = await new CloudflareApi().listen();
  });
  after(() => {
    up42.stop();
    cloudflare.stop();
  });
  beforeEach(() => {
    up42.reset();
    cloudflare.reset();
    cloudflare.workers.set("orderhook", { bindings: [], secrets: new Map(), uploads: 1 });
  });

  const secrets = () => cloudflare.secrets("orderhook");
  /** Adds an active webhook for orders at UP42. */
  const added = (webhook) =>
    up42.add({ name: "a", events: ["order.status"], active: true, ...webhook });
  /** The receiver takes a delivery that has its token and one of its secrets. */
  const asReceiver = ({ url, secret }) => {
    const token = secrets().get("UP42_TOKEN");
    if (url !== `${HOST}/hooks/satellite/${token}`) return 404;
    return [secrets().get("UP42_SECRET"), secrets().get("UP42_SECRET_NEXT")].includes(secret)
      ? 202
      : 401;
  };

  /** Runs the command. Neither its output nor a file that it leaves has a secret. */
  async function connect(folder, args, env = {}) {
    const home = mkdtempSync(join(all, "home-"));
    const child = spawn(process.execPath, [COMMAND, "connect", "up42", ...args], {
      cwd: folder,
      env: {
        ...process.env,
        ...{ HOME: home, XDG_CONFIG_HOME: home, SECRET, TOKEN },
        ...{ CLOUDFLARE_API_BASE_URL: cloudflare.base, CLOUDFLARE_API_TOKEN: CLOUDFLARE_TOKEN },
        CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
        ...up42.environment,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => (output.out += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (output.err += text));
    const [code] = await once(child, "close");
    const left = [folder, home].flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
    );
    for (const secret of hidden())
      for (const text of [output.out, output.err, ...left])
        assert.ok(!text.includes(secret), `a secret is in ${text}`);
    return { code, ...output };
  }

  /** Every secret and token that is anywhere. */
  const hidden = () =>
    [
      ...[USER.password, SECRET, TOKEN, CLOUDFLARE_TOKEN, ...secrets().values()],
      ...[...up42.webhooks.values()].flatMap(({ secret, url }) => [secret, ...tokenOf(url)]),
    ].filter(Boolean);
  const tokenOf = (url) => new URL(url).pathname.split("/").slice(3, 4);

  test("makes the webhook, with a new secret and token that the receiver gets, and tests it", async () => {
    up42.receiver = asReceiver;
    const { code, out } = await connect(project(WORKER), ["--url", HOST]);
    assert.equal(code, 0, out);
    const [webhook] = up42.webhooks.values();
    assert.equal(webhook.secret, secrets().get("UP42_SECRET"));
    assert.match(webhook.secret, /^[0-9a-f]{64}$/);
    assert.equal(webhook.url, `${HOST}/hooks/satellite/${secrets().get("UP42_TOKEN")}`);
    assert.deepEqual([webhook.events, webhook.active], [["order.status"], true]);
    assert.match(out, /job\.status, order\.status/);
    assert.match(out, /testsRun 1, testsSucceeded 1, testsFailed 0/);
    assert.match(out, /https:\/\/orderhook\.shop\.workers\.dev\/hooks\/satellite\/‹token›/);
  });

  test("takes the webhook that is there, and gives the receiver its secret and token", async () => {
    up42.receiver = asReceiver;
    const url = `${HOST}/hooks/satellite/token-of-before-77`;
    up42.add({ name: "other", url: "https://other.example/hook", events: ["order.status"] });
    const { id } = up42.add({
      name: "old",
      url,
      events: ["job.status, order.status"],
      secret: "secret-of-before-66",
    });
    const { code, out } = await connect(project(WORKER), ["--url", HOST, "--json"]);
    assert.equal(code, 0, out);
    assert.equal(up42.webhooks.size, 2);
    assert.equal(up42.webhooks.get(id).url, url);
    assert.deepEqual(Object.fromEntries(secrets()), {
      UP42_SECRET: "secret-of-before-66",
      UP42_TOKEN: "token-of-before-77",
    });
    const { created, webhook, test, differs } = JSON.parse(out);
    assert.deepEqual([created, webhook.id, test.tests_succeeded, differs], [false, id, 1, []]);
  });

  test("with the receiver's own secret and token it needs no wrangler", async () => {
    const { code } = await connect(project(), [
      ...["--url", `${HOST}/hooks/up42`, "--secret-env", "SECRET", "--token-env", "TOKEN"],
      ...["--event", "job.status", "--event", "order.status"],
    ]);
    assert.equal(code, 0);
    const [webhook] = up42.webhooks.values();
    assert.deepEqual(
      [webhook.url, webhook.secret, webhook.events],
      [`${HOST}/hooks/up42/${TOKEN}`, SECRET, ["job.status", "order.status"]],
    );
    assert.deepEqual(cloudflare.changes, []);
  });

  test("ends with 1 if the test was refused, and says why", async () => {
    up42.receiver = () => 401;
    const given = ["--url", `${HOST}/hooks/up42`, "--secret-env", "SECRET", "--token-env", "TOKEN"];
    const { code, out } = await connect(project(), given);
    assert.equal(code, 1);
    assert.match(out, /testsRun 1, testsSucceeded 0, testsFailed 1/);
    assert.match(
      out,
      /HttpResponse\[https:\/\/orderhook\.shop\.workers\.dev\/hooks\/up42\/<hidden>, 401\]/,
    );
    assert.match(out, /another secret or token than UP42/);
  });

  test("a test that comes before the secret has arrived is repeated", async () => {
    let refused = 0;
    up42.receiver = (webhook) => (refused++ === 0 ? 503 : asReceiver(webhook));
    const { code, out } = await connect(project(WORKER), ["--url", HOST]);
    assert.equal(code, 0, out);
    assert.equal(up42.asked.filter((asked) => asked.endsWith("/tests")).length, 2);
  });

  test("a token that has expired is renewed once; a log-in that is refused is reported", async () => {
    const { id } = added({ url: `${HOST}/hooks/up42` });
    let isFresh = true;
    up42.before = (asked) => {
      if (isFresh && asked.startsWith("POST")) {
        isFresh = false;
        up42.expire();
      }
    };
    const found = await connect(project(), ["test", "--id", id]);
    assert.deepEqual([found.code, up42.logins, up42.asked.length], [0, 2, 3]);
    up42.before = () => up42.expire();
    const refused = await connect(project(), ["get", "--id", id]);
    assert.deepEqual([refused.code, up42.logins], [2, 3]);
    assert.match(refused.err, /answered GET .* with 401 \(Unauthorized\)/);
    up42.before = () => {};
    const wrong = await connect(project(), ["list"], { UP42_PASSWORD: "another-password" });
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /refuses the log-in/);
  });

  test("an error of UP42's is reported with its code; a request that UP42 limits is repeated", async () => {
    up42.answer("GET /webhooks", 403, "No access to the workspace");
    const refused = await connect(project(), ["list", "--json"]);
    assert.equal(refused.code, 2);
    assert.equal(JSON.parse(refused.out).code, "not_permitted");
    up42.answer("GET /webhooks", 429, "Slow down", { "retry-after": "0" });
    assert.equal((await connect(project(), ["list"])).code, 0);
    up42.answer("GET /webhooks", 500, "Oh");
    const failed = await connect(project(), ["list"]);
    assert.match(failed.err, /with 500 \(Oh\)\.\nTry again later/);
    const missing = await connect(project(), [
      "get",
      "--id",
      "d7fe638c-5801-440c-9fb1-c19a390a75e6",
    ]);
    assert.match(missing.err, /There is no such webhook/);
  });

  test("lists, shows, changes, tests and deletes webhooks", async () => {
    const url = `${HOST}/hooks/up42/token-of-list-88`;
    const { id } = added({ url, secret: "secret-of-list-99" });
    const list = JSON.parse((await connect(project(), ["list", "--json"])).out).webhooks;
    assert.deepEqual(
      list.map(({ id, url, has_secret }) => [id, url, has_secret]),
      [[id, `${HOST}/hooks/up42/‹token›`, true]],
    );
    await connect(project(), ["update", "--id", id, "--inactive", "--event", "job.status"]);
    const { active, events, secret, url: kept } = up42.webhooks.get(id);
    assert.deepEqual(
      [active, events, secret, kept],
      [false, ["job.status"], "secret-of-list-99", url],
    );
    const moved = "https://hooks.example.com/hooks/up42";
    await connect(project(), ["update", "--id", id, "--url", moved, "--active"]);
    assert.deepEqual([up42.webhooks.get(id).url, up42.webhooks.get(id).active], [moved, true]);
    assert.equal((await connect(project(), ["test", "--id", id])).code, 0);
    assert.equal((await connect(project(), ["delete", "--id", id])).code, 0);
    assert.equal(up42.webhooks.size, 0);
    assert.match((await connect(project(), ["events"])).out, /order\.status +Order Status Updates/);
  });

  test("rotates without a moment in which a delivery would be refused", async () => {
    const url = `${HOST}/hooks/satellite/token-of-rotate-55`;
    const { id } = added({ url, secret: "secret-of-before-44" });
    secrets()
      .set("UP42_SECRET", "secret-of-before-44")
      .set("UP42_SECRET_NEXT", "left-of-deployment");
    secrets().set("UP42_TOKEN", "token-of-rotate-55");
    const taken = [];
    // Whenever UP42 is asked, what it signs now is taken.
    up42.before = () => taken.push(asReceiver(up42.webhooks.get(id)));
    up42.receiver = asReceiver;
    const { code, out } = await connect(project(WORKER), ["rotate"]);
    assert.equal(code, 0, out);
    assert.ok(taken.length >= 4 && taken.every((status) => status === 202), taken.join());
    const { secret, active } = up42.webhooks.get(id);
    assert.match(secret, /^[0-9a-f]{64}$/);
    assert.equal(active, true);
    assert.deepEqual(
      [secrets().get("UP42_SECRET"), secrets().get("UP42_SECRET_NEXT")],
      [secret, secret],
    );
  });

  test("a rotation whose test fails leaves both secrets, and the next one goes through", async () => {
    const url = `${HOST}/hooks/satellite/token-of-rotate-55`;
    const { id } = added({ url, secret: "secret-of-before-44" });
    secrets().set("UP42_SECRET", "secret-of-before-44").set("UP42_TOKEN", "token-of-rotate-55");
    up42.answer("PUT /webhooks", 500, "Oh");
    const folder = project(WORKER);
    assert.equal((await connect(folder, ["rotate"])).code, 2);
    assert.equal(asReceiver(up42.webhooks.get(id)), 202);
    const taken = [];
    up42.before = () => taken.push(asReceiver(up42.webhooks.get(id)));
    up42.receiver = asReceiver;
    const { code, err } = await connect(folder, ["rotate"]);
    assert.equal(code, 0, err);
    assert.ok(
      taken.every((status) => status === 202),
      taken.join(),
    );
    assert.notEqual(secrets().get("UP42_SECRET"), "secret-of-before-44");
  });

  test("does what docs/cli.md shows", async () => {
    up42.receiver = asReceiver;
    const page = readFileSync(inRoot("docs/cli.md"), "utf8");
    const lines = [...page.matchAll(/^npx orderhook connect up42 (.*)$/gm)].map(([, rest]) => rest);
    assert.ok(lines.length > 1);
    const folder = project(WORKER);
    for (const line of lines) {
      const args = line.replace("https://orderhook.example.workers.dev", HOST).split(" ");
      const { code, out, err } = await connect(folder, args);
      assert.equal(code, 0, `${line}\n${out}${err}`);
    }
    assert.equal(up42.webhooks.size, 1);
  });

  test("says what is missing, before it logs in", async () => {
    const cases = [
      [project(), ["list"], { UP42_WORKSPACE: "" }, /Name the workspace/],
      [project(), ["list"], { UP42_USERNAME: "" }, /Set UP42_USERNAME and UP42_PASSWORD/],
      [project(), ["lst"], {}, /There is no action "lst"\. Did you mean list/],
      [project(), ["get"], {}, /Name the webhook with --id/],
      [project(), ["list", "--id", "x"], {}, /--id is not for list/],
      [project(), [], {}, /Give the receiver's address/],
      [project(), ["--url", HOST], {}, /no wrangler file here names a source/],
      [project(), ["--url", `${HOST}/hooks/up42`], {}, /Give the receiver's secret and token/],
      [project(), ["--url", "http://a.example/hooks/up42"], {}, /an address with https/],
      [project(ONE_NAME), ["rotate"], {}, /Name two for satellite in wrangler\.toml/],
      [project(), ["rotate"], {}, /in the folder of its wrangler\.toml/],
      [
        project(WORKER),
        ["--url", HOST, "--event", "order.state"],
        {},
        /UP42 has no event "order\.state"/,
      ],
    ];
    for (const [folder, args, env, message] of cases) {
      const { code, err } = await connect(folder, args, env);
      assert.equal(code, 2, args.join(" "));
      assert.match(err, message);
    }
    assert.equal(up42.webhooks.size, 0);
    assert.deepEqual(cloudflare.changes, []);
  });
});
