// `npm run deploy`: its parts, and the whole with the real wrangler against a server that answers as Cloudflare does.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ask } from "../../pkg/cli/ask.js";
import { hostsOf, withOwnHosts } from "../../scripts/deploy/hosts.js";
import { planOf, stepsOf } from "../../scripts/deploy/plan.js";
import { addressOf, madeText, providersText } from "../../scripts/deploy/report.js";
import { givenSecrets, valuesOf, wantedSecrets } from "../../scripts/deploy/secrets.js";
import { switchesAmong, switchesIn } from "../../scripts/deploy/switches.js";
import { misfits, queuesOf, workersIn } from "../../scripts/deploy/workers.js";
import { CloudflareApi, SUBDOMAIN, TOKEN } from "../support/cloudflare-api.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WAKILNI = "wakilni-secret-a1b2c3d4e5f6";
const WEGOCOD = "wegocod-secret-0f9e8d7c6b5a";
const UP42 = "up42-secret-77aa66bb55cc44dd";

const definitions = new Map(
  Object.entries({
    wakilni: { scheme: { type: "hmac" } },
    "standard-webhooks": { scheme: { type: "hmac", key: "whsec" } },
    gooten: { scheme: { type: "url-token" }, order: { url_id: { query: "orderid" } } },
    shipper: { scheme: { type: "public-key" } },
    fleet: { scheme: { type: "token", token: { header: "authorization", basic: true } } },
    two: { scheme: [{ name: "old" }, { name: "new", key: "hex" }] },
  }),
);

const worker = (role, config) => ({
  role,
  name: config.name,
  folder: role === "receiver" ? "." : `src/${role}`,
  config,
});
const receiver = (sources, vars = {}) =>
  worker("receiver", { name: "hooks", vars: { ...vars, SOURCES: sources } });
const dispatch = (config = {}) => worker("dispatch", { name: "hooks-dispatch", ...config });

describe("the parts of a deployment", () => {
  test("the project's wrangler files fit together, and have no development switch", async () => {
    const workers = await workersIn(ROOT);
    assert.deepEqual([...misfits(workers), ...workers.flatMap(switchesIn)], []);
    assert.deepEqual(
      workers.map(({ name }) => name),
      ["orderhook", "orderhook-dispatch"],
    );
    assert.ok(queuesOf(workers[1]).includes("orderhook-dead-letters"));
  });

  test("wrangler files that do not fit are refused", () => {
    const queues = { producers: [{ binding: "EVENTS", queue: "events" }] };
    const kv_namespaces = [{ binding: "SEEN", id: "1" }];
    const first = worker("receiver", { name: "hooks", queues, kv_namespaces });
    const second = dispatch({
      queues: { consumers: [{ queue: "other" }], producers: [{ binding: "ATTEMPTS" }] },
      kv_namespaces: [{ binding: "SEEN", id: "2" }],
      services: [{ binding: "RECEIVER", service: "another" }],
      vars: { DEDUP_TTL_SECONDS: 86_400 },
    });
    assert.deepEqual(
      misfits([first, second]).map(
        (text) => text.match(/ATTEMPTS|another id|is 604800 .* 86400|"another"|"events"/)?.[0],
      ),
      ["ATTEMPTS", "another id", "is 604800 in wrangler.toml, and 86400", '"another"', '"events"'],
    );
  });

  test("a renamed queue is refused if dispatch would take it for another one", () => {
    const filesWith = ({ events, attempts, activity, dead }) => [
      worker("receiver", {
        name: "hooks",
        queues: {
          producers: [
            { binding: "EVENTS", queue: events },
            { binding: "ACTIVITY", queue: activity },
          ],
        },
      }),
      dispatch({
        queues: {
          producers: [
            { binding: "EVENTS", queue: events },
            { binding: "ATTEMPTS", queue: attempts },
          ],
          consumers: [
            { queue: events, dead_letter_queue: dead },
            ...[attempts, activity, dead].map((queue) => ({ queue })),
          ],
        },
      }),
    ];
    const fitting = {
      events: "two-events",
      attempts: "two-attempts",
      activity: "two-activity",
      dead: "two-dead-letters",
    };
    assert.deepEqual(misfits(filesWith(fitting)), []);
    for (const [role, queue, rule] of [
      ["events", "events-of-attempts", 'must not end with "attempts"'],
      ["attempts", "attempts-2", 'must end with "attempts"'],
      ["activity", "activity-2", 'must end with "activity"'],
      ["dead", "dead-letters-2", 'must end with "dead-letters"'],
      ["dead", "two-activity-attempts", 'must end with "dead-letters"'],
    ]) {
      const [problem, ...more] = misfits(filesWith({ ...fitting, [role]: queue }));
      assert.match(problem, new RegExp(`"${queue}" ${rule}`));
      assert.deepEqual(more, []);
    }
  });

  test("a queue of dispatch's own that it does not take is refused", () => {
    const producers = [{ binding: "ATTEMPTS", queue: "two-attempts" }];
    const consumers = [{ queue: "orderhook-attempts" }];
    const [problem] = misfits([
      worker("receiver", { name: "hooks" }),
      dispatch({ queues: { producers, consumers } }),
    ]);
    assert.match(problem, /dispatch sends ATTEMPTS to the queue "two-attempts"/);
  });

  test("development switches are refused: by name, and by an address of a machine or network of one's own", () => {
    const vars = {
      LOCAL_ENDPOINTS: "x",
      A: "127.0.0.1:9000",
      B: { c: "http://[::1]/" },
      C: "hooks.example.com",
    };
    const found = switchesIn(dispatch({ vars, access: { dev: {} } }));
    assert.deepEqual(
      found.map((text) => text.match(/(?:variable \w+|access\.dev)/)[0]),
      ["variable LOCAL_ENDPOINTS", "variable A", "variable B", "access.dev"],
    );
    assert.equal(switchesAmong(dispatch(), { secrets: ["DISPATCH_TOKEN"] }).length, 0);
    assert.match(
      switchesAmong(dispatch(), { secrets: ["LOCAL_ENDPOINTS"] })[0],
      /secret delete LOCAL_ENDPOINTS/,
    );
  });

  test("dispatch names the hosts of both Workers, beside those that its wrangler file names", () => {
    const routes = [
      { pattern: "hooks.example.com", custom_domain: true },
      { pattern: "example.org/hooks/*", zone_name: "example.org" },
      { pattern: "*.example.net/*", zone_name: "example.net" },
    ];
    const workers = [
      worker("receiver", { name: "hooks", routes }),
      dispatch({ workers_dev: false, route: "d.example.com/*", vars: { OWN_HOSTS: "a.example" } }),
    ];
    const hosts = ["hooks.example.com", "example.org", "hooks.sub.workers.dev", "d.example.com"];
    assert.deepEqual(hostsOf(workers, "sub"), hosts);
    assert.ok(!hostsOf(workers).some((host) => host.includes("workers.dev")));
    const { vars } = withOwnHosts(workers[1].config, hosts);
    assert.equal(vars.OWN_HOSTS, ["a.example", ...hosts].join(" "));
  });

  test("a variable that the Workers have for local development is known by its name", () => {
    const files = readdirSync(join(ROOT, "src"), { recursive: true }).filter((name) =>
      name.endsWith(".rs"),
    );
    const code = files.map((name) => readFileSync(join(ROOT, "src", name), "utf8")).join("");
    const [read] = code.match(/"(?:LOCAL|DEV)_[A-Z_]+"/g) ?? ['"LOCAL_ENDPOINTS"'];
    assert.equal(switchesIn(dispatch({ vars: { [JSON.parse(read)]: "x" } })).length, 1);
  });

  const sources = {
    beirut: { provider: "wakilni", secrets: ["BEIRUT", "BEIRUT_OLD"] },
    print: { provider: "gooten", token: "PRINT_TOKEN" },
    shop: { provider: "standard-webhooks", secrets: ["SHOP"] },
    two: { provider: "two", scheme: "new", secrets: ["TWO"] },
  };

  test("the sources and the Workers say which secrets there are; only missing ones are set", () => {
    const workers = [receiver(sources), dispatch()];
    const wanted = wantedSecrets(workers, definitions);
    const own = ["HEALTH_TOKEN", "DISPATCH_TOKEN", "DISPATCH_SEAL_KEY"];
    assert.deepEqual(
      wanted.map(({ name }) => name),
      ["BEIRUT", "BEIRUT_OLD", "PRINT_TOKEN", "SHOP", "TWO", ...own],
    );
    const deployed = new Map([
      ["hooks", { secrets: ["BEIRUT", "SHOP", "TWO", "PRINT_TOKEN", "HEALTH_TOKEN"] }],
      ["hooks-dispatch", { secrets: ["DISPATCH_TOKEN"] }],
    ]);
    const state = { deployed, missing: [], taken: [], namespace: { title: "hooks-seen", id: "1" } };
    const plan = planOf(workers, wanted, state, ["SHOP"]);
    assert.deepEqual(
      plan.secrets.map(({ name, isHeld = false }) => [name, isHeld]),
      [
        ["BEIRUT_OLD", false],
        ["SHOP", false],
        ["HEALTH_TOKEN", true],
        ["DISPATCH_SEAL_KEY", false],
      ],
    );
    // dispatch takes the events of an older receiver, but not those of a newer one.
    assert.deepEqual(
      plan.order.map(({ role }) => role),
      ["dispatch", "receiver"],
    );
    assert.match(stepsOf(plan), /Ask for HEALTH_TOKEN, and set it on hooks and hooks-dispatch\./);
    assert.throws(() => planOf(workers, wanted, state, ["SHOPP"]), /no Worker has such a secret/);
  });

  test("the key that endpoints are sealed with is not replaced once it is set", () => {
    const workers = [receiver(sources), dispatch()];
    const wanted = wantedSecrets(workers, definitions);
    const stateWith = (secrets) => ({
      deployed: new Map([["hooks-dispatch", { secrets }]]),
      ...{ missing: [], taken: [], namespace: { title: "hooks-seen", id: "1" } },
    });
    const planWith = (secrets) =>
      planOf(workers, wanted, stateWith(secrets), ["DISPATCH_SEAL_KEY"]);
    assert.throws(
      () => planWith(["DISPATCH_SEAL_KEY"]),
      /secret put DISPATCH_SEAL_KEY .* the new key, a blank and the old key: docs\/endpoints\.md#set-it-up/,
    );
    assert.ok(planWith([]).secrets.some(({ name }) => name === "DISPATCH_SEAL_KEY"));
  });

  test("a new secret has its provider's form, and a given one must have it", async () => {
    const wanted = wantedSecrets([receiver(sources), dispatch()], definitions);
    const given = givenSecrets("BEIRUT=\nBEIRUT_OLD=\nSHOP=\nTWO=\n", wanted);
    const values = await valuesOf(wanted, { given, isInteractive: false });
    const forms = { SHOP: /^whsec_[A-Za-z0-9+/]{43}=$/, TWO: /^[0-9a-f]{64}$/ };
    for (const { name, value, isMade } of values) {
      assert.match(value, forms[name] ?? /^[0-9a-f]{64}$/);
      assert.ok(isMade);
    }
    assert.equal(new Set(values.map(({ value }) => value)).size, values.length);
    const shipper = wantedSecrets(
      [receiver({ a: { provider: "shipper", secrets: ["KEY"] } })],
      definitions,
    );
    await assert.rejects(
      valuesOf(shipper, { given: new Map([["KEY", ""]]), isInteractive: false }),
      /cannot be made/,
    );
    const fleet = wantedSecrets(
      [receiver({ a: { provider: "fleet", secrets: ["LOGIN"] } })],
      definitions,
    );
    const asked = { given: new Map([["LOGIN", ""]]), isInteractive: false };
    const [login] = await valuesOf(fleet, asked);
    assert.match(login.value, /^orderhook:[0-9a-f]{64}$/);
    for (const wrong of ["LOGIN=abcdefgh12345678", "LOGIN=name:short"])
      assert.throws(() => givenSecrets(wrong, fleet), /a user name, a colon and a password/);
    for (const [line, why] of [
      ["SHOP=abcdefgh12345678", /SHOP.*whsec_ and base64/],
      ["BEIRUT=' abc'", /BEIRUT.*a blank/],
      ["BEIRUT=undefined", /the text undefined/],
      ["PRINT_TOKEN=short", /16 or more/],
      ["DISPATCH_TOKEN=abcdefgh12345678", /32 or more/],
      ["DISPATCH_SEAL_KEY=abcdefgh12345678", /64 hexadecimal digits/],
      ["BERUIT=abcdefgh12345678", /BERUIT, which no Worker has/],
    ])
      assert.throws(
        () => givenSecrets(line, wanted),
        ({ message }) => why.test(message) && !message.includes("abcdefgh"),
        line,
      );
  });

  test("what is typed is not shown, and a wrong value is asked for again", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answer = ask("SECRET: ", (value) => (value.length < 5 ? "it is short" : undefined), {
      input,
      output,
    });
    input.write("abc\r");
    input.write(`${WAKILNI}\r`);
    assert.equal(await answer, WAKILNI);
    output.end();
    assert.equal(await text(output), "SECRET: \nThat cannot be taken: it is short.\nSECRET: \n");
    const closed = new PassThrough();
    closed.end();
    await assert.rejects(
      ask("SECRET: ", () => undefined, { input: closed, output: new PassThrough() }),
      {
        code: "ended",
      },
    );
  });

  test("the addresses are those that wrangler names; a new token is shown once", () => {
    assert.equal(addressOf(["hooks.shop.workers.dev"]), "https://hooks.shop.workers.dev");
    assert.equal(addressOf(["https://hooks.shop.workers.dev"]), "https://hooks.shop.workers.dev");
    const own = [
      "hooks.shop.workers.dev",
      "hooks.example.com (custom domain)",
      "schedule: */5 * * * *",
    ];
    assert.equal(addressOf(own), "https://hooks.example.com");
    assert.equal(addressOf(["example.com/* (zone name: example.com)"]), "https://example.com");
    const { config } = receiver(sources);
    const address = "https://hooks.example.com";
    const token = {
      name: "PRINT_TOKEN",
      value: "new-token-1",
      isMade: true,
      isToken: true,
      what: "",
    };
    assert.match(
      providersText({ config, address, definitions, values: [token] }),
      /print +https:\/\/hooks\.example\.com\/hooks\/print\/new-token-1\/\?orderid= +no secret\n/,
    );
    assert.match(
      providersText({ config, address, definitions, values: [] }),
      /hooks\/print\/‹PRINT_TOKEN›\/\?orderid=/,
    );
    assert.equal(madeText([token, { name: "BEIRUT", value: "given", isMade: false }]), "");
  });
});

describe("npm run deploy", { timeout: 1_800_000 }, () => {
  const all = mkdtempSync(join(tmpdir(), "orderhook-deploy-"));
  const cloudflare = new CloudflareApi();
  before(() => cloudflare.listen());
  after(() => {
    cloudflare.stop();
    rmSync(all, { recursive: true, force: true });
  });
  beforeEach(() => cloudflare.reset());

  const GIVEN = [
    `WAKILNI_SECRET=${WAKILNI}`,
    `WEGOCOD_SECRET=${WEGOCOD}`,
    `UP42_SECRET=${UP42}`,
    "SHOP_SECRET=",
  ];

  /** Runs it in the project, with a home of its own, and returns its exit code, what it printed, and what it left. */
  async function deploy(args, { input, env = {} } = {}) {
    const home = mkdtempSync(join(all, "home-"));
    const child = spawn(process.execPath, [join(ROOT, "scripts/deploy.js"), ...args], {
      cwd: ROOT,
      env: {
        ...process.env,
        // Rust's tools are in the real one.
        RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(process.env.HOME, ".rustup"),
        CARGO_HOME: process.env.CARGO_HOME ?? join(process.env.HOME, ".cargo"),
        ...{ HOME: home, XDG_CONFIG_HOME: home, CI: "true", CLOUDFLARE_ACCOUNT_ID: "" },
        ...{ CLOUDFLARE_API_BASE_URL: cloudflare.base, CLOUDFLARE_API_TOKEN: TOKEN },
        ...env,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.end(input ?? "");
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (printed += text));
    const [code] = await once(child, "close");
    assert.deepEqual(cloudflare.unknown, []);
    return { code, printed, left: filesIn(home) };
  }

  const filesIn = (folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));

  const times = (text, part) => text.split(part).length - 1;
  const uploads = () =>
    cloudflare.changes.filter((change) => /^PUT \/workers\/scripts\/[\w-]+$/.test(change));

  test("makes everything, sets the secrets by standard input alone, and shows the new ones once", async () => {
    const seen = [];
    cloudflare.before = () => seen.push(...commandLines());
    const { code, printed, left } = await deploy(["--stdin"], { input: GIVEN.join("\n") });
    cloudflare.before = () => {};
    assert.equal(code, 0, printed);
    const [receiver, dispatch] = ["orderhook", "orderhook-dispatch"].map((name) =>
      cloudflare.workers.get(name),
    );
    const namespace = cloudflare.namespaces.get("orderhook-seen");
    assert.deepEqual(
      dispatch.bindings.find(({ name }) => name === "OWN_HOSTS").text.split(" "),
      ["orderhook", "orderhook-dispatch"].map((name) => `${name}.${SUBDOMAIN}.workers.dev`),
    );
    for (const { bindings } of [receiver, dispatch])
      assert.equal(bindings.find(({ name }) => name === "SEEN").namespace_id, namespace);
    assert.equal(cloudflare.namespaces.size, 1);
    assert.deepEqual(receiver.files, []);
    assert.ok(dispatch.files.includes("/console/index.html"));
    assert.ok(!dispatch.files.includes("/_headers"));
    assert.match(dispatch.headers, /^ {2}Content-Security-Policy: default-src 'none';/m);
    for (const queue of ["orderhook-events", "orderhook-activity", "orderhook-dead-letters"])
      assert.deepEqual(cloudflare.consumers(queue), ["orderhook-dispatch"]);
    const { WAKILNI_SECRET, WEGOCOD_SECRET, UP42_SECRET, ...made } = Object.fromEntries(
      receiver.secrets,
    );
    assert.deepEqual([WAKILNI_SECRET, WEGOCOD_SECRET, UP42_SECRET], [WAKILNI, WEGOCOD, UP42]);
    assert.equal(dispatch.secrets.get("HEALTH_TOKEN"), made.HEALTH_TOKEN);
    for (const secret of new Set([...Object.values(made), ...dispatch.secrets.values()]))
      assert.equal(times(printed, secret), 1, printed);
    for (const secret of [WAKILNI, WEGOCOD, UP42, TOKEN]) assert.equal(times(printed, secret), 0);
    const kept = [...left, ...filesIn(join(ROOT, ".wrangler")), ...seen];
    for (const secret of [...receiver.secrets.values(), ...dispatch.secrets.values()])
      assert.ok(!kept.some((text) => text.includes(secret)));
    assert.ok(seen.length > 0 || !existsSync("/proc"));
    assert.match(
      printed,
      /https:\/\/orderhook\.shop\.workers\.dev\/hooks\/gooten\/\w{64}\/\?orderid=/,
    );
    assert.match(printed, /orderhook-dispatch at https:\/\/orderhook-dispatch\.shop\.workers\.dev/);
  });

  /** Returns the command lines of all processes. */
  const commandLines = () =>
    existsSync("/proc")
      ? readdirSync("/proc")
          .filter((name) => /^\d+$/.test(name))
          .flatMap((name) => {
            try {
              return [readFileSync(`/proc/${name}/cmdline`, "latin1")];
            } catch {
              return [];
            }
          })
      : [];

  test("goes on where it stopped; and again, it only deploys, dispatch first", async () => {
    cloudflare.fail("PUT /workers/scripts/orderhook-dispatch");
    const stopped = await deploy(["--stdin"], { input: GIVEN.join("\n") });
    assert.equal(stopped.code, 1);
    assert.match(stopped.printed, /orderhook-dispatch was not deployed/);
    assert.equal(cloudflare.secrets("orderhook").size, 0);
    const gone = await deploy(["--stdin"], { input: GIVEN.join("\n") });
    assert.equal(gone.code, 0, gone.printed);
    assert.equal(cloudflare.namespaces.size, 1);
    const health = cloudflare.secrets("orderhook").get("HEALTH_TOKEN");
    cloudflare.changes = [];
    const again = await deploy([]);
    assert.equal(again.code, 0, again.printed);
    assert.deepEqual(uploads(), [
      "PUT /workers/scripts/orderhook-dispatch",
      "PUT /workers/scripts/orderhook",
    ]);
    assert.ok(
      !cloudflare.changes.some(
        (change) => change.startsWith("POST /queues ") || change.includes("secrets"),
      ),
    );
    assert.equal(cloudflare.secrets("orderhook").get("HEALTH_TOKEN"), health);
    assert.match(again.printed, /hooks\/up42\/‹UP42_TOKEN›/);
  });

  test("changes nothing where something is in the way", async () => {
    const unasked = await deploy([]);
    assert.equal(unasked.code, 1);
    assert.match(
      unasked.printed,
      /not a terminal to type them in: WAKILNI_SECRET, WEGOCOD_SECRET, UP42_SECRET, SHOP_SECRET\./,
    );
    cloudflare.addQueue("orderhook-events", "old-consumer");
    const taken = await deploy(["--stdin"], { input: GIVEN.join("\n") });
    assert.equal(taken.code, 1);
    assert.match(taken.printed, /queues consumer worker remove orderhook-events old-consumer/);
    const stranger = await deploy([], { env: { CLOUDFLARE_API_TOKEN: "another-token" } });
    assert.equal(stranger.code, 2);
    assert.match(stranger.printed, /It needs the permission Workers Scripts/);
    cloudflare.accounts.push({ id: "0".repeat(32), name: "Other" });
    const several = await deploy([]);
    assert.match(several.printed, /Set CLOUDFLARE_ACCOUNT_ID to one of your accounts/);
    assert.deepEqual(cloudflare.changes, []);
  });

  test("--dry-run shows every step, has wrangler check both Workers, and changes nothing", async () => {
    cloudflare.addQueue("orderhook-events");
    const { code, printed } = await deploy(["--dry-run"]);
    assert.equal(code, 0, printed);
    for (const step of [
      / 1\. Make the queue orderhook-activity\./,
      / Make the KV namespace orderhook-seen\.\n.* Deploy orderhook\.\n.* Deploy orderhook-dispatch\./,
      / Ask for WAKILNI_SECRET, and set it on orderhook\./,
      / Make GOOTEN_TOKEN, and set it on orderhook\./,
      /Nothing was changed\.\s*$/,
    ])
      assert.match(printed, step);
    assert.doesNotMatch(printed, /Make the queue orderhook-events/);
    assert.equal(times(printed, "--dry-run: exiting now."), 2);
    assert.deepEqual(cloudflare.changes, []);
    const wrong = await deploy(["--dry-run", "--replace", "SHOP_SECRET"]);
    assert.equal(wrong.code, 2);
  });
});
