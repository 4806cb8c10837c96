// `orderhook dead-letters`: shows the dead-letter queue, and puts its messages back. At every moment a message is in at least one
// queue. At Cloudflare, in whose place a server answers as the API's pages say; and locally, beside a consumer.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Miniflare, Response } from "miniflare";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import { Journal, PATIENCE_MS } from "../support/journal.js";
import { freePort } from "../support/port.js";
import {
  ACCOUNT,
  BROKEN,
  BROKEN_AFTER,
  QueuesApi,
  TOKEN,
  UNKNOWN_ERROR,
  tooMany,
} from "../support/queues-api.js";
import * as sign from "../support/sign.js";
import {
  COMPATIBILITY_DATE,
  DEAD_LETTER_QUEUE as DEAD,
  EVENTS_QUEUE as EVENTS,
  builtModules,
} from "../support/workerd.js";

const inRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const COMMAND = [inRoot("pkg/cli/orderhook.js"), "dead-letters"];
const folder = mkdtempSync(join(tmpdir(), "dead-letters-"));
after(() => rmSync(folder, { recursive: true, force: true }));

// A home without a log-in, and apart from the sessions of wrangler that run elsewhere.
const { CLOUDFLARE_API_KEY, CLOUDFLARE_EMAIL, ...inherited } = process.env;
const ALONE = {
  ...inherited,
  HOME: folder,
  XDG_CONFIG_HOME: folder,
  WRANGLER_REGISTRY_PATH: join(folder, "registry"),
  WRANGLER_SEND_METRICS: "false",
};

/** Runs the command, and returns its exit code and all that it wrote. */
async function deadLetters(args, env = {}) {
  const options = {
    cwd: inRoot("."),
    env: { ...ALONE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE_MS,
  };
  const child = spawn(process.execPath, [...COMMAND, ...args], options);
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.err += text));
  const [code] = await once(child, "close");
  assert.doesNotMatch(output.out + output.err, new RegExp(TOKEN));
  return { code, ...output, json: args.includes("--json") ? JSON.parse(output.out) : undefined };
}

const CUSTOMER = "Nadia Haddad";
const event = (id, more) => ({
  specversion: "1.0",
  id,
  source: "/hooks/wakilni",
  type: "orderhook.order.status.v1",
  subject: `order-${id}`,
  time: "2024-11-14T12:39:13Z",
  data: { customer: { name: CUSTOMER }, status: { now: "delivered" }, ...more },
});
const json = (id, more) => JSON.stringify(event(id, more));

describe("at Cloudflare", () => {
  let api;
  before(async () => (api = await new QueuesApi().listen()));
  after(() => api.stop());
  beforeEach(() => {
    api.reset("orderhook-dead-letters-of-another", EVENTS, DEAD);
    api.after = {};
  });

  const proof = { CLOUDFLARE_API_TOKEN: TOKEN, CLOUDFLARE_ACCOUNT_ID: ACCOUNT };
  const remote = (args, env) =>
    deadLetters([...args, "--remote"], { CLOUDFLARE_API_BASE_URL: api.base, ...proof, ...env });
  const put = (...ids) => {
    for (const id of ids) api.put(DEAD, json(id), { id: `message-${id}` });
  };
  const idsIn = (name) => api.texts(name).map((text) => JSON.parse(text).id);
  const moves = () => api.asked.filter((asked) => /purge|batch/.test(asked));

  describe("list", () => {
    test("shows each event, without its data, and leaves everything as it is", async () => {
      put("a", "b");
      const before = structuredClone(api.messages(DEAD));
      const { code, out } = await remote([]);
      assert.equal(code, 0);
      assert.equal(
        out,
        `2 dead letters in ${DEAD}:

/hooks/wakilni  a
  orderhook.order.status.v1, order order-a, 2024-11-14T12:39:13Z
  message message-a, there since 2023-11-14T22:13:20.000Z, attempts 1

/hooks/wakilni  b
  orderhook.order.status.v1, order order-b, 2024-11-14T12:39:13Z
  message message-b, there since 2023-11-14T22:13:20.000Z, attempts 1
`,
      );
      assert.deepEqual(api.messages(DEAD), before);
      assert.deepEqual(api.asked, ["GET queues", `${DEAD} messages/peek`]);
    });

    test("with --show, and with --json, gives each event whole", async () => {
      put("a");
      assert.ok(
        (await remote(["list", "--show"])).out.includes(
          `\n${JSON.stringify(event("a"), null, 2)}\n`,
        ),
      );
      const { ok, queue, count, letters } = (await remote(["list", "--json"])).json;
      assert.deepEqual({ ok, queue, count }, { ok: true, queue: DEAD, count: 1 });
      const about = {
        message: "message-a",
        since: "2023-11-14T22:13:20.000Z",
        attempts: 1,
        content_type: "json",
      };
      assert.deepEqual(letters, [{ ...about, event: event("a") }]);
    });

    test("shows a message that is not an event, too, and its text only if asked for", async () => {
      api.put(DEAD, "a secret text", { type: "text", id: "t" });
      api.put(DEAD, '{"no":"event"}', { id: "j" });
      api.put(DEAD, JSON.stringify({ ...event("x"), data: CUSTOMER }), { id: "d" });
      api.put(DEAD, "\0\x01", { type: "bytes", id: "b" });
      api.put(DEAD, "\xff\x0f", { type: "v8", id: "v" });
      const { out } = await remote([]);
      assert.deepEqual(out.match(/^no event.*$/gm), [
        "no event, but 13 bytes of text",
        "no event, but 14 bytes of json",
        `no event, but ${JSON.stringify({ ...event("x"), data: CUSTOMER }).length} bytes of json`,
        "no event, but bytes",
        "no event, but v8",
      ]);
      for (const hidden of ["secret", CUSTOMER]) assert.ok(!out.includes(hidden));
      assert.match((await remote(["--show"])).out, /^a secret text$/m);
      const texts = (await remote(["--json"])).json.letters.map(({ text }) => text);
      assert.deepEqual(texts, ["a secret text", '{"no":"event"}', api.texts(DEAD)[2], null, null]);
    });

    test("an event sent as a text is one", async () => {
      api.put(DEAD, json("as-text"), { type: "text" });
      assert.match((await remote([])).out, /^\/hooks\/wakilni {2}as-text$/m);
    });

    test("a terminal obeys nothing of an event", async () => {
      api.put(
        DEAD,
        JSON.stringify({ ...event("evil"), subject: "\x1b]0;gone\x07\n\n0 dead letters" }),
      );
      const { out } = await remote([]);
      assert.match(out, /order \\x1b\]0;gone\\x07 {2}0 dead letters,/);
    });

    test("says when there is nothing", async () => {
      assert.deepEqual(await remote([]).then(({ code, out }) => [code, out]), [
        0,
        `There is nothing in ${DEAD}.\n`,
      ]);
    });

    test("says when there is more than one look shows", async () => {
      put(...Array.from({ length: 150 }, (_, index) => `n${index}`));
      const { out } = await remote([]);
      assert.ok(out.startsWith(`150 dead letters in ${DEAD}, of which these are the first 100:\n`));
      assert.equal(out.match(/^\/hooks\/wakilni /gm).length, 100);
      assert.equal(api.messages(DEAD).length, 150);
    });

    test("of another queue", async () => {
      api.put("orderhook-dead-letters-of-another", json("other"));
      assert.match(
        (await remote(["--queue", "orderhook-dead-letters-of-another"])).out,
        /^1 dead letter in .*-of-another:$/m,
      );
    });
  });

  describe("requeue", () => {
    test("sends first, and removes afterwards", async () => {
      put("a", "b");
      const { code, out } = await remote(["requeue", "--all"]);
      assert.equal(code, 0);
      assert.equal(
        out,
        `Put back into ${EVENTS}, and taken off ${DEAD}: 2\n  /hooks/wakilni  a\n  /hooks/wakilni  b\n`,
      );
      assert.deepEqual(moves(), [`${EVENTS} messages/batch`, `${DEAD} messages/purge`]);
      assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [[], ["a", "b"]]);
    });

    test("sends every byte unchanged", async () => {
      // Numbers that no double holds, and escapes that need not be there.
      const data = String.raw`{"n":[1.0,1e400,12345678901234567890,-0],"s":"\u0041\/\ud800 é"}`;
      const text = `{"id":"a","source":"s","type":"t","time":"now","data":${data}}`;
      api.put(DEAD, text);
      api.put(DEAD, 'no "event"', { type: "text" });
      assert.equal((await remote(["requeue", "--all"])).code, 0);
      assert.deepEqual(
        api.messages(EVENTS).map(({ type, text }) => [type, text]),
        [
          ["json", text],
          ["text", 'no "event"'],
        ],
      );
    });

    test("one, by its event's id or its message's", async () => {
      put("a", "b", "c", "d");
      const { code, json } = await remote(["requeue", "--id", "b", "--id", "message-d", "--json"]);
      assert.equal(code, 0);
      assert.deepEqual(
        json.back,
        ["b", "d"].map((id) => ({ message: `message-${id}`, source: "/hooks/wakilni", id })),
      );
      assert.deepEqual(
        [idsIn(DEAD), idsIn(EVENTS)],
        [
          ["a", "c"],
          ["b", "d"],
        ],
      );
    });

    test("one that is not there", async () => {
      put("a");
      const { code, out } = await remote(["requeue", "--id", "a", "--id", "nobody"]);
      assert.equal(code, 1);
      assert.match(out, new RegExp(`^Not among the first 100 in ${DEAD}: nobody$`, "m"));
      assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [[], ["a"]]);
    });

    test("more than one look shows, and more than one batch holds", async () => {
      const ids = Array.from({ length: 230 }, (_, index) => `n${index}`);
      const payload = (index) => "p".repeat(index % 10 === 0 ? 100_000 : 10);
      for (const [index, id] of ids.entries()) api.put(DEAD, json(id, { payload: payload(index) }));
      const { code, json: report } = await remote(["requeue", "--all", "--json"]);
      assert.equal(code, 0, report.failure);
      assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [[], ids]);
      assert.deepEqual(
        report.back.map(({ id }) => id),
        ids,
      );
    });

    test("a message that cannot be sent stays, and holds up no other", async () => {
      api.put(DEAD, "\0", { type: "bytes", id: "bytes" });
      put("a");
      const { code, out } = await remote(["requeue", "--all"]);
      assert.equal(code, 1);
      assert.match(
        out,
        /no event, but bytes \(message bytes\): a message of the type bytes cannot be sent from here/,
      );
      assert.deepEqual([api.messages(DEAD).map(({ id }) => id), idsIn(EVENTS)], [["bytes"], ["a"]]);
    });

    test("a message that fails again at once stays: it is not sent for ever", async () => {
      put("poison", "a");
      // A consumer that fails at once: the event is a dead letter again, as another message.
      api.after["messages/batch"] = (body) =>
        body.includes('"poison"') && api.put(DEAD, json("poison"));
      const { code, out } = await remote(["requeue", "--all"]);
      assert.equal(code, 1);
      assert.match(out, new RegExp(`^Left in ${DEAD}: 1$`, "m"));
      assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [["poison"], ["poison", "a"]]);
    });

    test("says when there is nothing", async () => {
      const { code, out } = await remote(["requeue", "--all"]);
      assert.deepEqual([code, out], [0, `There is nothing in ${DEAD} to put back.\n`]);
    });
  });

  describe("a failure", () => {
    for (const [what, answer] of Object.entries({
      "an error": UNKNOWN_ERROR,
      "a broken connection": BROKEN,
    })) {
      test(`${what} in the place of a push: everything is where it was`, async () => {
        put("a", "b");
        api.answer("messages/batch", answer);
        const { code, out } = await remote(["requeue", "--all"]);
        assert.equal(code, 1);
        assert.match(
          out,
          new RegExp(`^Left in ${DEAD}: 2\n.*: it may have been sent, and be in both queues$`, "m"),
        );
        assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [["a", "b"], []]);
        assert.deepEqual(moves(), [`${EVENTS} messages/batch`]);
      });
    }

    test("the connection breaks after a push was processed: it is in both queues, and removed from neither", async () => {
      put("a");
      api.answer("messages/batch", BROKEN_AFTER);
      assert.equal((await remote(["requeue", "--all"])).code, 1);
      assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [["a"], ["a"]]);
    });

    for (const [what, answer] of Object.entries({
      "an error": UNKNOWN_ERROR,
      "a broken connection": BROKEN,
    })) {
      test(`${what} between push and purge: it is in both queues, and the next run makes another copy, never none`, async () => {
        put("a");
        api.answer("messages/purge", answer);
        const { code, out } = await remote(["requeue", "--all"]);
        assert.equal(code, 1);
        assert.match(
          out,
          new RegExp(
            `^Put back into ${EVENTS}, but not taken off ${DEAD}, so that they come twice: 1$`,
            "m",
          ),
        );
        assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [["a"], ["a"]]);
        assert.equal((await remote(["requeue", "--all"])).code, 0);
        assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [[], ["a", "a"]]);
      });
    }

    test("in a later batch: reports the messages that were sent before, and leaves the others in place", async () => {
      const ids = Array.from({ length: 6 }, (_, index) => `n${index}`);
      for (const id of ids) api.put(DEAD, json(id, { payload: "p".repeat(100_000) }));
      api.answer("messages/batch", UNKNOWN_ERROR, { nth: 2 });
      const { code, json: report } = await remote(["requeue", "--all", "--json"]);
      assert.equal(code, 1);
      const became = [report.back, report.twice, report.left].map((letters) =>
        letters.map(({ id }) => id),
      );
      assert.deepEqual(became, [["n0", "n1"], [], ["n2", "n3", "n4", "n5"]]);
      assert.deepEqual(
        report.left.map(({ why }) => why.startsWith("it may have been sent")),
        [true, true, false, false],
      );
      assert.match(report.failure, /answered with 500 \(15000 Unknown error\)/);
      assert.deepEqual(
        [idsIn(DEAD), idsIn(EVENTS)],
        [
          ["n2", "n3", "n4", "n5"],
          ["n0", "n1"],
        ],
      );
    });

    test("when it looks for more: reports the messages that were sent before", async () => {
      put("a");
      api.answer("messages/peek", UNKNOWN_ERROR, { nth: 2 });
      const { code, out } = await remote(["requeue", "--all"]);
      assert.equal(code, 1);
      assert.match(
        out,
        /^Put back into .*: 1\n {2}\/hooks\/wakilni {2}a\nPOST .*messages\/peek was answered with 500/,
      );
      assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [[], ["a"]]);
    });

    test("a ref that is not valid any more: the message stays, and is said to come twice", async () => {
      put("a", "b");
      api.after["messages/batch"] = () => api.forget("message-a");
      const { code, json: report } = await remote(["requeue", "--all", "--json"]);
      assert.equal(code, 1);
      const a = {
        message: "message-a",
        source: "/hooks/wakilni",
        id: "a",
        why: "the ref is not valid any more",
      };
      assert.deepEqual([report.twice, report.left], [[a], []]);
      assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [["a"], ["a", "b"]]);
    });

    test("errors of a purge that name no message: all of them may come twice", async () => {
      put("a", "b");
      api.answer("messages/purge", {
        result: { errors: [{ message: "one was not deleted" }], warnings: {} },
      });
      const { code, json: report } = await remote(["requeue", "--all", "--json"]);
      assert.equal(code, 1);
      const why = "one was not deleted";
      assert.deepEqual(
        report.twice.map(({ id, why }) => [id, why]),
        [
          ["a", why],
          ["b", why],
        ],
      );
    });

    for (const operation of ["queues", "messages/peek", "messages/batch", "messages/purge"]) {
      test(`too many requests, of ${operation}: it waits as long as it is told to, and goes on`, async () => {
        put("a");
        api.answer(operation, tooMany({ "retry-after": "0" }), { times: 3 });
        assert.equal((await remote(["requeue", "--all"])).code, 0);
        assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [[], ["a"]]);
      });
    }

    test("too many requests, for longer than a user would wait", async () => {
      put("a");
      api.answer("messages/batch", tooMany({ "retry-after": "300" }), { times: 9 });
      const { code, out } = await remote(["requeue", "--all"]);
      assert.equal(code, 1);
      assert.match(out, /answered with 429 \(10250 Queue is overloaded\)\.\nWait five minutes/);
      assert.match(out, /^ {2}\/hooks\/wakilni {2}a: it was not sent$/m);
      assert.deepEqual([idsIn(DEAD), idsIn(EVENTS)], [["a"], []]);
    });

    test("too many requests, again and again", async () => {
      api.answer("messages/peek", tooMany({ "retry-after": "0" }), { times: 9 });
      const { code, err } = await remote([]);
      assert.equal(code, 2);
      assert.match(err, /429/);
      assert.equal(api.asked.filter((asked) => asked.endsWith("peek")).length, 4);
    });

    test("an answer that is not JSON", async () => {
      const page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html";
      const server = net.createServer((socket) => socket.once("data", () => socket.end(page)));
      await once(server.listen(0, "127.0.0.1"), "listening");
      const { code, err } = await remote([], {
        CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${server.address().port}`,
      });
      assert.deepEqual([code, /was answered with 200\.\nTry again later/.test(err)], [2, true]);
      server.close();
    });
  });

  describe("a missing token, account, queue or network", () => {
    const fails = async (args, env, pattern) => {
      const { code, err } = await remote(args, env);
      assert.equal(code, 2);
      assert.match(err, pattern);
      assert.deepEqual(moves(), []);
    };

    test("a token", () =>
      fails(
        [],
        { CLOUDFLARE_API_TOKEN: "" },
        /^You are not logged in .* npx wrangler login, or set CLOUDFLARE_API_TOKEN/,
      ));

    test("the right to it", () =>
      fails(
        [],
        { CLOUDFLARE_API_TOKEN: "another" },
        /403 \(10000 Authentication error\)\.\nIt needs the permission Queues: Edit/,
      ));

    test("the account, where there are two", async () => {
      api.accounts.push({ id: "f".repeat(32), name: "Other" });
      const which = new RegExp(
        `^Set CLOUDFLARE_ACCOUNT_ID to one of your accounts:\n  ${ACCOUNT}  Shop\n  f{32}  Other$`,
        "m",
      );
      await fails([], { CLOUDFLARE_ACCOUNT_ID: undefined }, which);
    });

    test("nothing, where there is one account", async () => {
      put("a");
      assert.match((await remote([], { CLOUDFLARE_ACCOUNT_ID: undefined })).out, /^1 dead letter /);
    });

    test("the account, of another", () =>
      fails(
        [],
        { CLOUDFLARE_ACCOUNT_ID: "e".repeat(32) },
        /answered with 404 .*\nCLOUDFLARE_ACCOUNT_ID/,
      ));

    test("the dead-letter queue", async () => {
      api.reset("orderhook-dead-letters-of-another", EVENTS);
      await fails(
        [],
        {},
        new RegExp(
          `^There is no queue "${DEAD}" in the account.*npx wrangler queues create ${DEAD} makes it`,
        ),
      );
    });

    test("the queue of events: nothing is taken off", async () => {
      api.reset(DEAD);
      put("a");
      await fails(["requeue", "--all"], {}, new RegExp(`^There is no queue "${EVENTS}"`));
      assert.deepEqual(idsIn(DEAD), ["a"]);
    });

    test("the network", async () => {
      const CLOUDFLARE_API_BASE_URL = `http://127.0.0.1:${await freePort()}`;
      await fails(
        [],
        { CLOUDFLARE_API_BASE_URL },
        /^http:\/\/127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED\.\nCheck that/,
      );
    });

    test("sense", async () => {
      await fails(["drop"], {}, /^There is no action "drop"/);
      await fails(["delete", "--all"], {}, /npx wrangler queues purge/);
      await fails(["--local"], {}, /^Either --local or --remote/);
      await fails(["requeu"], {}, /Did you mean requeue\?/);
      await fails(["requeue"], {}, /^Name the dead letters: --id/);
      await fails(["requeue", "--all", "--id", "a"], {}, /^Name the dead letters: --id/);
      await fails(["requeue", "a"], {}, /an id is given with --id/);
      await fails(["list", "--id", "a"], {}, /are for requeue and delete/);
      await fails(["poison"], {}, /for this machine alone/);
      await fails(["--every"], {}, /^There is no option --every/);
      await fails(["requeue", "--id", ""], {}, /^--id wants a value that is not empty/);
      await fails(["--queue", ""], {}, /^--queue wants a value that is not empty/);
      await fails(["requeue", "--all", "--show"], {}, /^--show is for list/);
      await fails(
        ["--persist-to", folder],
        {},
        /^--persist-to is for the queues of orderhook dead-letters keep/,
      );
    });

    test("a queue of dead letters: its live messages are not put back", async () => {
      api.put(EVENTS, json("alive"));
      await fails(
        ["requeue", "--all", "--queue", EVENTS],
        {},
        new RegExp(`^${EVENTS} is the queue of events itself`),
      );
      assert.deepEqual(api.asked, []);
    });
  });
});

/** Resolves once `holds` is true; checks it whenever something in the folder changes. */
async function changedUntil(path, holds) {
  mkdirSync(path, { recursive: true });
  const watcher = watch(path);
  try {
    for (;;) {
      const changed = once(watcher, "change", { signal: AbortSignal.timeout(PATIENCE_MS) });
      changed.catch(() => {});
      if (holds()) return;
      await changed;
    }
  } finally {
    watcher.close();
  }
}

/** The file of a keeper that was killed: no process listens on port 1. */
const LEFT = JSON.stringify({ base: "http://127.0.0.1:1/client/v4", token: "another" });

/** The files that are kept under `state`, where the keeper has its own. */
function keptIn(state) {
  const home = join(state, "dead-letters");
  const letters = join(home, DEAD);
  const file = join(home, "api.json");
  return {
    home,
    reachable: () =>
      changedUntil(home, () => existsSync(file) && readFileSync(file, "utf8") !== LEFT),
    letters: (count) =>
      changedUntil(
        letters,
        () => readdirSync(letters).filter((name) => /\.json$/.test(name)).length === count,
      ),
  };
}

describe("here, beside a consumer that fails until it is repaired", () => {
  const state = join(folder, "failing");
  const registry = join(folder, "registry-of-failing");
  const here = (...args) => deadLetters([...args, "--local", "--persist-to", state]);
  const { home, reachable, letters } = keptIn(state);
  const taken = new Journal("event");
  let mended = false;
  /** The consumer answers once this is resolved. */
  let open = Promise.resolve();
  let keeper;
  let miniflare;

  const CONSUMER = `
    export default {
      async queue({ messages }, env) {
        for (const message of messages) {
          const { ok } = await env.SHOP.fetch("http://shop/", { method: "POST", body: JSON.stringify(message.body) });
          if (ok) message.ack();
          else message.retry();
        }
      },
    };`;

  async function shop(request) {
    taken.add({ mended, text: await request.text() });
    await open;
    return new Response(null, { status: mended ? 200 : 503 });
  }

  const variables = Object.entries(SECRETS).map(([name, value]) => [name, { type: "text", value }]);
  const workers = [
    {
      config: {
        name: "orderhook",
        compatibilityDate: COMPATIBILITY_DATE,
        manifest: { mainModule: "entry.js", modules: builtModules() },
        env: {
          SOURCES: { type: "json", value: SOURCES },
          SEEN: { type: "kv", id: "seen" },
          EVENTS: { type: "queue", name: EVENTS },
          CLAIMS: { type: "durable-object", worker: "orderhook", exportName: "Claims" },
          ...Object.fromEntries(variables),
        },
        exports: { Claims: { type: "durable-object", storage: "sqlite" } },
      },
    },
    {
      config: {
        name: "shop",
        compatibilityDate: COMPATIBILITY_DATE,
        manifest: {
          mainModule: "shop.js",
          modules: { "shop.js": { type: "esm", contents: CONSUMER } },
        },
        env: { SHOP: { type: "fetcher", handler: shop } },
        triggers: [
          { type: "queue", name: EVENTS, maxBatchTimeout: 0, maxRetries: 1, deadLetterQueue: DEAD },
        ],
      },
    },
  ];

  before(async () => {
    const env = { ...process.env, WRANGLER_REGISTRY_PATH: registry };
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "api.json"), LEFT);
    keeper = spawn(process.execPath, [...COMMAND, "keep", "--persist-to", state], {
      cwd: inRoot("."),
      env,
      stdio: ["pipe", "inherit", "inherit"],
    });
    await reachable();
    miniflare = new Miniflare({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      unsafeDevRegistryPath: registry,
      workers,
    });
    await miniflare.ready;
  });
  after(async () => {
    keeper.stdin.end();
    await once(keeper, "close");
    await miniflare?.dispose();
  });
  beforeEach(() => {
    mended = false;
    open = Promise.resolve();
    taken.take();
  });

  async function deliver(id, more = "") {
    const data = `{"order_id":1,"notes":"${CUSTOMER} \\ud83d\\ude00"}`;
    const body = `{"event_id":"${id}","event":"Order Completed","data":${data},"more":"${more}"}`;
    const answer = await miniflare.dispatchFetch(`http://localhost${hook("wakilni")}`, {
      method: "POST",
      body,
      headers: sign.wakilni(SECRETS.WAKILNI_SECRET, body),
    });
    assert.equal(answer.status, 202);
    return body;
  }

  test("an event dies, is listed, put back, and processed, with every byte unchanged", async () => {
    const body = await deliver("dies");
    await letters(1);
    const failed = taken.take();
    assert.deepEqual(
      failed.map(({ text }) => text),
      [failed[0].text, failed[0].text],
    );
    const { code, out } = await here();
    assert.equal(code, 0);
    assert.match(out, /^\/hooks\/wakilni {2}dies\n {2}orderhook\.order\.status\.v1, order 1, /m);
    assert.ok(!out.includes(CUSTOMER));

    mended = true;
    assert.deepEqual(await here("requeue", "--id", "dies").then(({ code, out }) => [code, out]), [
      0,
      `Put back into ${EVENTS}, and taken off ${DEAD}: 1\n  /hooks/wakilni  dies\n`,
    ]);
    const { text } = await taken.until(({ mended }) => mended);
    assert.equal(text, failed[0].text);
    assert.equal(JSON.parse(text).data.payload, body);
    assert.equal((await here()).out, `There is nothing in ${DEAD}.\n`);
  });

  test("put back too early, it is a dead letter again", async () => {
    await deliver("again");
    await letters(1);
    taken.take();
    // The consumer waits for the command, which would otherwise find the letter again, and leave it.
    const ended = Promise.withResolvers();
    open = ended.promise;
    assert.equal((await here("requeue", "--all")).code, 0);
    ended.resolve();
    await taken.until(() => taken.entries.length === 2);
    await letters(1);
    assert.match((await here()).out, /^\/hooks\/wakilni {2}again$/m);
    mended = true;
    assert.equal((await here("requeue", "--all")).code, 0);
    await taken.until(({ mended }) => mended);
  });

  test("a large one's payload is in KV when it is put back", async () => {
    const body = await deliver("large", "m".repeat(200_000));
    await letters(1);
    mended = true;
    assert.equal((await here("requeue", "--all")).code, 0);
    const { data } = JSON.parse((await taken.until(({ mended }) => mended)).text);
    const kept = await (await miniflare.getKVNamespace("SEEN", "orderhook")).get(
      data.payload_ref,
      "arrayBuffer",
    );
    assert.equal(Buffer.from(kept).toString(), body);
  });

  test("another keeper leaves this one as it is", async () => {
    const file = join(home, "api.json");
    const before = readFileSync(file, "utf8");
    const env = { ...process.env, WRANGLER_REGISTRY_PATH: registry };
    const another = spawn(process.execPath, [...COMMAND, "keep", "--persist-to", state], {
      cwd: inRoot("."),
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    another.stdout.setEncoding("utf8").on("data", (text) => (said += text));
    await once(another, "close");
    assert.match(said, /^Another command keeps the dead letters here/);
    assert.equal(readFileSync(file, "utf8"), before);
  });

  test("a keeper that a signal ends is not reachable afterwards", async () => {
    const other = join(folder, "told");
    const { home, reachable } = keptIn(other);
    const told = spawn(process.execPath, [...COMMAND, "keep", "--persist-to", other], {
      cwd: inRoot("."),
      env: { ...process.env, WRANGLER_REGISTRY_PATH: join(folder, "registry-of-told") },
      stdio: ["pipe", "inherit", "inherit"],
    });
    await reachable();
    told.kill("SIGTERM");
    await once(told, "close");
    assert.ok(!existsSync(join(home, "api.json")));
  });

  test("there are only two queues, and one of them has dead letters", async () => {
    const { code, err } = await here("--queue", "nope");
    assert.deepEqual(
      [code, err],
      [2, `orderhook dead-letters keep has no queue "nope": its dead letters are in ${DEAD}.\n`],
    );
    assert.match(
      (await here("--queue", EVENTS)).err,
      new RegExp(`^${EVENTS} is the queue of events itself`),
    );
    assert.match((await here("poison", "--queue", DEAD)).err, /^--queue is for list and requeue/);
  });

  test("a caller without the token gets nothing", async () => {
    const { base } = JSON.parse(readFileSync(join(home, "api.json"), "utf8"));
    for (const authorization of [undefined, "Bearer ", "Bearer undefined"]) {
      const headers = authorization ? { authorization } : {};
      assert.equal((await fetch(`${base}/accounts/local/queues`, { headers })).status, 403);
    }
  });

  test("nothing is put back without a consumer", async () => {
    await deliver("kept");
    await letters(1);
    await miniflare.dispose();
    miniflare = undefined;
    const { code, out } = await here("requeue", "--all");
    assert.equal(code, 1);
    assert.match(out, new RegExp(`no Worker that runs here consumes ${EVENTS}`));
    assert.match((await here()).out, /^\/hooks\/wakilni {2}kept$/m);
  });
});
