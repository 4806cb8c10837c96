// The commands that query dispatch, against a server that answers as docs/openapi.yaml says.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  DispatchStandIn,
  Problem,
  READ_TOKEN,
  TOKEN,
  letter,
  order,
  record,
} from "../support/dispatch-stand-in.js";
import { Journal } from "../support/journal.js";
import { DOCUMENT } from "../support/openapi.js";
import { freePort } from "../support/port.js";

const COMMAND = fileURLToPath(new URL("../../pkg/cli/orderhook.js", import.meta.url));
const WRONG_TOKEN = "dispatch-wrong-token-77aa77aa77aa77aa77";

const folder = mkdtempSync(join(tmpdir(), "orderhook-dispatch-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** @type {DispatchStandIn} */
let dispatch;
before(async () => (dispatch = await new DispatchStandIn().listen()));
after(() => dispatch.stop());
beforeEach(() => dispatch.reset());
afterEach(() => assert.deepEqual(dispatch.broken, [], "every answer is as the document says"));

const { ORDERHOOK_DISPATCH, ORDERHOOK_DISPATCH_TOKEN, ...inherited } = process.env;
const environment = (env) => ({
  ...inherited,
  ORDERHOOK_DISPATCH: dispatch.origin,
  ORDERHOOK_DISPATCH_TOKEN: TOKEN,
  ...env,
});

function started(args, { env = {}, cwd = folder, stdout = "pipe" } = {}) {
  const options = { cwd, env: environment(env), stdio: ["ignore", stdout, "pipe"] };
  const child = spawn(process.execPath, [COMMAND, ...args], options);
  child.stdout?.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  return child;
}

/** Runs the command, and returns its exit code and what it printed. */
async function orderhook(args, where) {
  const child = started(args, where);
  const output = { out: "", err: "" };
  child.stdout.on("data", (text) => (output.out += text));
  child.stderr.on("data", (text) => (output.err += text));
  const [code] = await once(child, "close");
  for (const secret of [TOKEN, READ_TOKEN, WRONG_TOKEN])
    assert.ok(!`${output.out}${output.err}`.includes(secret), `a token is printed by ${args[0]}`);
  return { code, ...output, json: args.includes("--json") ? JSON.parse(output.out) : undefined };
}

/** Asserts that a command cannot be run, and what it says. */
async function fails(args, said, where) {
  const { code, out, err } = await orderhook(args, where);
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, said);
  assert.doesNotMatch(err, /^\s+at /m, "no stack");
}

describe("orders", () => {
  const detail = DOCUMENT.components.examples.order.value;

  test("lists orders, the latest first", async () => {
    dispatch.orders = [order("1001"), order("1002", { status: "exception", reason: "weather" })];
    const { code, out, err } = await orderhook(["orders"]);
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(
      out,
      [
        "  source   order  status               time                  tracking",
        "  wakilni  1002   exception (weather)  2024-11-14T12:39:13Z  WB-1",
        "  wakilni  1001   confirmed            2024-11-14T12:39:13Z  WB-1",
        "",
      ].join("\n"),
    );
    assert.deepEqual(dispatch.asked, ["GET /v1/orders?limit=50"]);
  });

  test("passes each filter on", async () => {
    const filters = [
      ...["--id", "a b", "--reference", "R/1", "--tracking-number", "TN&1"],
      ...["--status", "delivered", "--phase", "closed"],
      ...["--since", "2026-10-01", "--until", "2026-10-02T00:00:00+02:00", "--limit", "7"],
    ];
    const { code, out } = await orderhook(["orders", "wakilni", ...filters]);
    assert.deepEqual([code, out], [0, "There are no such orders.\n"]);
    assert.deepEqual(dispatch.asked, [
      "GET /v1/orders?source=wakilni&id=a b&reference=R/1&tracking_number=TN&1&status=delivered&phase=closed" +
        "&since=2026-10-01T00:00:00.000Z&until=2026-10-01T22:00:00.000Z&limit=7",
    ]);
  });

  test("reads as many pages as it needs, and says when there are more", async () => {
    dispatch.reset({ pageSize: 2 });
    dispatch.orders = ["1", "2", "3", "4", "5"].map((id) => order(id));
    const some = await orderhook(["orders", "--limit", "3"]);
    assert.deepEqual(
      some.out.match(/^ {2}wakilni {2}\d/gm).map((row) => row.at(-1)),
      ["5", "4", "3"],
    );
    assert.match(some.out, /^There are more: --limit takes a larger number\.$/m);
    const all = await orderhook(["orders", "--json"]);
    assert.deepEqual([all.json.ok, all.json.next], [true, null]);
    assert.deepEqual(
      all.json.orders.map(({ id }) => id),
      ["5", "4", "3", "2", "1"],
    );
  });

  test("shows one with its parcels and its timeline", async () => {
    dispatch.details["wakilni 10/01 ä"] = {
      ...detail,
      order: order("10/01 ä", { carrier: "DHL" }),
    };
    const { code, out } = await orderhook(["orders", "wakilni", "10/01 ä"]);
    assert.equal(code, 0);
    assert.equal(
      out,
      [
        "10/01 ä of wakilni",
        "  status   confirmed, open",
        "  since    2024-11-14T12:39:13Z",
        "  carrier  DHL",
        "  events   1, from 2024-11-14T12:39:14.310Z to 2024-11-14T12:39:14.310Z",
        "",
        "Parcels",
        "  WB-1  confirmed  2024-11-14T12:39:13Z",
        "",
        "Timeline",
        "  2024-11-14T12:39:13Z  confirmed, was pending  fresh  Confirmed  e2986cd1-1e85-4ef1-a85a-89488dd27b92",
        "",
      ].join("\n"),
    );
    assert.deepEqual(dispatch.asked, ["GET /v1/orders/wakilni/10/01 ä"]);
    const { json } = await orderhook(["orders", "wakilni", "10/01 ä", "--json"]);
    assert.deepEqual(json, { ok: true, ...dispatch.details["wakilni 10/01 ä"], warnings: [] });
  });

  test("an unknown order ends with 1", async () => {
    const { code, out } = await orderhook(["orders", "wakilni", "1"]);
    assert.deepEqual([code, out], [1, "There is no such order.\n"]);
    assert.deepEqual((await orderhook(["orders", "wakilni", "1", "--json"])).json, {
      ...{ ok: false, order: null, warnings: [] },
    });
  });

  test("a provider's text cannot steer a terminal or break a row", async () => {
    dispatch.orders = [order("a\n\u001b[31m", { reason: "x\u202ey" })];
    const { out } = await orderhook(["orders"]);
    assert.match(out, /^ {2}wakilni {2}a \\x1b\[31m {2}confirmed \(x\\u202ey\) {2}/m);
  });
});

describe("events", () => {
  test("lists events, the latest last", async () => {
    dispatch.events = [
      record("a", { was: "pending" }),
      record("b", { order: "1002", now: "delivered", verdict: "out_of_order" }),
    ];
    const { code, out } = await orderhook(["events"]);
    assert.equal(code, 0);
    assert.equal(
      out,
      [
        "2024-11-14T12:39:14.310Z  wakilni  1001  confirmed, was pending  fresh  a",
        "2024-11-14T12:39:14.310Z  wakilni  1002  delivered  out_of_order  b",
        "",
      ].join("\n"),
    );
    const { json } = await orderhook(["events", "--json", "--limit", "1"]);
    assert.deepEqual(json.events, dispatch.events.slice(1));
    assert.equal(typeof json.next, "string");
  });

  test("lists deliveries that were not understood", async () => {
    const { event } = record("u");
    const data = {
      ...{ provider: "wakilni", authenticity: "body_signed", received_at: event.data.received_at },
      ...{ time_source: "receipt", attempt: null, payload: "[]" },
      reason: { code: "unexpected_shape", text: "the body is no object" },
    };
    const { subject, ...rest } = { ...event, type: "orderhook.delivery.unrecognized.v1", data };
    dispatch.events = [record("a"), { ...record("u", { verdict: null }), event: rest }];
    const { out } = await orderhook(["events", "wakilni", "--unrecognized"]);
    assert.equal(
      out,
      "2024-11-14T12:39:14.310Z  wakilni  -  not understood: unexpected_shape  -  u\n",
    );
  });

  test("shows one whole", async () => {
    dispatch.events = [record("a:b")];
    const { code, out } = await orderhook(["events", "wakilni", "a:b"]);
    assert.deepEqual([code, JSON.parse(out)], [0, dispatch.events[0]]);
    assert.deepEqual((await orderhook(["events", "wakilni", "c"])).code, 1);
  });

  describe("--follow", () => {
    /** Starts it; returns its lines and its complaints as they come, and what ends it. */
    function following(...args) {
      const child = started(["events", "--follow", "--interval", "0.1", ...args]);
      const lines = new Journal("line");
      const complaints = new Journal("complaint");
      for (const [stream, journal] of [
        [child.stdout, lines],
        [child.stderr, complaints],
      ]) {
        let rest = "";
        stream.on("data", (text) => {
          const parts = (rest + text).split("\n");
          rest = parts.pop();
          for (const part of parts) journal.add(part);
        });
      }
      const closed = once(child, "close");
      return { lines, complaints, closed, stop: () => child.kill("SIGINT") };
    }

    const ofEvent = (id) => (line) => line.endsWith(`  ${id}`);

    test("prints each event once, in order, until Ctrl-C", async () => {
      dispatch.events = [record("a")];
      const { lines, closed, stop } = following();
      await lines.until(ofEvent("a"));
      dispatch.events.push(record("b"), record("c"));
      await lines.until(ofEvent("c"));
      // The next answer is of a page that is full.
      dispatch.pageSize = 1;
      dispatch.events.push(record("d"), record("e"), record("f"));
      await lines.until(ofEvent("f"));
      stop();
      assert.deepEqual(await closed, [0, null]);
      assert.deepEqual(
        lines.entries.map((line) => line.at(-1)),
        ["a", "b", "c", "d", "e", "f"],
      );
    });

    test("with --json, each event is a line", async () => {
      dispatch.onNext(() => {});
      dispatch.onNext(() => dispatch.events.push(record("a")));
      const { lines, closed, stop } = following("wakilni", "--json");
      const line = await lines.until(() => true);
      stop();
      assert.deepEqual(await closed, [0, null]);
      assert.deepEqual(JSON.parse(line), record("a"));
    });

    test("goes on after dispatch was away, and says so once", async () => {
      dispatch.onNext(() => {});
      dispatch.answerNext(new Problem("internal_error"), new Problem("internal_error"));
      dispatch.onNext(() => dispatch.events.push(record("a")));
      const { lines, complaints, closed, stop } = following();
      await lines.until(ofEvent("a"));
      stop();
      assert.deepEqual(await closed, [0, null]);
      assert.equal(complaints.entries.length, 1);
      assert.match(complaints.entries[0], /answered internal_error/);
    });

    for (const status of [429, 502, 520])
      test(`goes on after a page with ${status} of a server before dispatch`, async () => {
        dispatch.onNext(() => {});
        dispatch.answerNext({ status, headers: { "content-type": "text/html" }, text: "<p>" });
        dispatch.onNext(() => dispatch.events.push(record("a")));
        const { lines, complaints, closed, stop } = following();
        await Promise.race([lines.until(ofEvent("a")), closed]);
        stop();
        assert.deepEqual(await closed, [0, null]);
        assert.equal(lines.entries.length, 1);
        assert.match(complaints.entries[0], new RegExp(`: ${status} with text/html\\.$`));
      });

    test("ends at a page that is not temporary", async () => {
      dispatch.onNext(() => {});
      dispatch.answerNext({ status: 404, headers: { "content-type": "text/html" }, text: "<p>" });
      assert.deepEqual(await following().closed, [2, null]);
    });

    test("ends when its token is deleted", async () => {
      dispatch.onNext(() => {});
      dispatch.answerNext(new Problem("token_invalid", "the token is unknown"));
      const { complaints, closed } = following();
      assert.deepEqual(await closed, [2, null]);
      assert.match(complaints.entries[0], /refuses the token of ORDERHOOK_DISPATCH_TOKEN/);
    });
  });
});

describe("export", () => {
  beforeEach(() => {
    dispatch.reset({ pageSize: 2 });
    dispatch.orders = ["1", "2", "3", "4", "5"].map((id) => order(id));
    dispatch.events = ["a", "b", "c"].map((id) => record(id));
  });

  const lines = (text) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("writes every part to standard output, and the count beside it", async () => {
    const { code, out, err } = await orderhook(["export", "orders"]);
    assert.deepEqual([code, err], [0, "Exported orders: 5.\n"]);
    assert.deepEqual(lines(out), dispatch.orders);
    assert.equal(dispatch.asked.length, 3);
  });

  test("passes on what to export", async () => {
    const period = ["--since", "2024-01-01", "--until", "2024-12-01T00:00:00Z"];
    const { out } = await orderhook(["export", "events", "--source", "wakilni", ...period]);
    assert.deepEqual(lines(out), dispatch.events);
    for (const asked of dispatch.asked)
      assert.match(
        asked,
        /\?of=events&format=ndjson&source=wakilni&since=2024-01-01T00:00:00\.000Z&until=2024-12-01T00:00:00\.000Z/,
      );
  });

  test("as CSV it has one head, and counts a cell of several lines once", async () => {
    dispatch.orders.push(order("6\r\n6"));
    const { out, err } = await orderhook(["export", "orders", "--format", "csv"]);
    const rows = ["1", "2", "3", "4", "5", "6\r\n6"].map((id) => `wakilni,"${id}"\r\n`);
    assert.deepEqual([out, err], [`source,id\r\n${rows.join("")}`, "Exported orders: 6.\n"]);
  });

  test("counts the lines of events whose text has one quote", async () => {
    dispatch.events = ["a", "b"].map((id) => record(id));
    for (const { event } of dispatch.events) event.data.notes = '5" pipe';
    const { out, err } = await orderhook(["export", "events"]);
    assert.deepEqual(lines(out), dispatch.events);
    assert.equal(err, "Exported events: 2.\n");
  });

  test("into a file, for its owner alone", async () => {
    const file = join(folder, "orders.ndjson");
    const { code, json } = await orderhook(["export", "orders", "--out", file, "--json"]);
    const written = readFileSync(file, "utf8");
    assert.equal(code, 0);
    const bytes = Buffer.byteLength(written);
    assert.deepEqual(json, { ok: true, file, format: "ndjson", orders: 5, bytes, warnings: [] });
    assert.deepEqual(lines(written), dispatch.orders);
    assert.ok(!existsSync(`${file}.part`));
  });

  test("a journal that cannot be asked is asked again", async () => {
    dispatch.onNext(() => {});
    dispatch.answerNext(new Problem("journal_unavailable", "try again", { "retry-after": "1" }));
    const { code, out } = await orderhook(["export", "orders"]);
    assert.equal(code, 0);
    assert.deepEqual(lines(out), dispatch.orders);
  });

  test("an export that breaks leaves no file", async () => {
    const file = join(folder, "broken.ndjson");
    dispatch.onNext(() => {});
    dispatch.answerNext(new Problem("internal_error"));
    await fails(["export", "orders", "--out", file], /answered internal_error/);
    assert.ok(!existsSync(file) && !existsSync(`${file}.part`));
  });

  test("a file that cannot be written", () =>
    fails(
      ["export", "orders", "--out", join(folder, "no", "orders")],
      /cannot be written: ENOENT/,
    ));

  test("an output that is closed early ends with 2: the export is not complete", async () => {
    const child = started(["export", "orders"]);
    let err = "";
    child.stderr.on("data", (text) => (err += text));
    dispatch.onNext(() => child.stdout.destroy());
    assert.deepEqual(await once(child, "close"), [2, null]);
    assert.equal(err, "");
  });

  test("an output that cannot be written", async () => {
    const readOnly = openSync(COMMAND, "r");
    const child = started(["export", "orders"], { stdout: readOnly });
    let err = "";
    child.stderr.on("data", (text) => (err += text));
    assert.deepEqual(await once(child, "close"), [2, null]);
    assert.match(err, /^The output cannot be written: E[A-Z]+\.\n$/);
    closeSync(readOnly);
  });

  test("a link to another server is not followed", async () => {
    const headers = {
      "content-type": "application/x-ndjson",
      link: `<${dispatch.origin}/v1/export?x>; rel="next"`,
    };
    dispatch.answerNext({ status: 200, headers, text: "{}\n" });
    assert.deepEqual((await orderhook(["export", "orders"])).out, "{}\n");
    assert.equal(dispatch.asked.length, 1);
  });
});

describe("dead-letters", () => {
  const event = {
    source: "wakilni",
    event_id: "e-1",
    type: "orderhook.order.status.v1",
    order: "1001",
  };
  const content = JSON.stringify(record("e-1").event);

  beforeEach(() => {
    dispatch.letters = [letter("m1"), letter("m2", { ...event, content })];
  });

  test("lists them without their contents, the latest first", async () => {
    const { code, out } = await orderhook(["dead-letters"]);
    assert.equal(code, 0);
    assert.equal(
      out,
      `2 dead letters in dispatch, ${dispatch.origin}:

wakilni  e-1
  orderhook.order.status.v1, order 1001
  message m2, here since 2026-11-01T08:00:00.000Z, attempts 1

no event, but 21 bytes of json
  message m1, here since 2026-11-01T08:00:00.000Z, attempts 1
`,
    );
    dispatch.letters = [];
    assert.equal((await orderhook(["dead-letters"])).out, "There are no dead letters.\n");
  });

  test("with --show, and with --json, their contents too", async () => {
    const { out } = await orderhook(["dead-letters", "--show"]);
    assert.ok(out.includes(`\n${JSON.stringify(record("e-1").event, null, 2)}\n`));
    const { json } = await orderhook(["dead-letters", "--json"]);
    assert.deepEqual(json.letters, [...dispatch.letters].reverse());
  });

  test("says how many there are at least", async () => {
    dispatch.letters = Array.from({ length: 201 }, (_, at) => letter(`m${at}`));
    const { out } = await orderhook(["dead-letters"]);
    assert.match(
      out,
      /^more than 200 dead letters in dispatch, .*, of which these are the latest 200:$/m,
    );
  });

  test("puts one back, by the event's id or by the message's", async () => {
    const { code, out } = await orderhook(["dead-letters", "requeue", "--id", "e-1"]);
    assert.deepEqual(
      [code, out],
      [0, "Put back into the queue of events: 1\n  wakilni  e-1 (message m2)\n"],
    );
    assert.equal((await orderhook(["dead-letters", "requeue", "--id", "m1"])).code, 0);
    assert.deepEqual(
      dispatch.requeued.map(({ id }) => id),
      ["m2", "m1"],
    );
  });

  test("puts all back, over several pages, and each once", async () => {
    dispatch.reset({ pageSize: 2 });
    dispatch.letters = ["m1", "m2", "m3", "m4", "m5"].map((id) => letter(id));
    const { code, json } = await orderhook(["dead-letters", "requeue", "--all", "--json"]);
    assert.deepEqual([code, json.done.length, json.left], [0, 5, []]);
    assert.equal(dispatch.requeued.length, 5);
    assert.equal(
      (await orderhook(["dead-letters", "requeue", "--all"])).out,
      "Nothing was put back.\n",
    );
  });

  test("leaves one of which only a description is known, and puts back the others", async () => {
    dispatch.letters = ["m1", "m2", "m3"].map((id) => letter(id));
    dispatch.letters[1].form = "other";
    const { code, out } = await orderhook(["dead-letters", "requeue", "--all"]);
    assert.equal(code, 1);
    assert.match(out, /^Put back into the queue of events: 2$/m);
    assert.match(
      out,
      /^Left in dispatch: 1\n {2}no event, but \d+ bytes of a description \(message m2\)$/m,
    );
    assert.match(out, /^A description cannot be put back\. .*--show.*delete it\.$/m);
    assert.deepEqual(
      dispatch.letters.map(({ id }) => id),
      ["m2"],
    );
    assert.equal((await orderhook(["dead-letters", "delete", "--all"])).code, 0);
    assert.deepEqual(dispatch.letters, []);
  });

  test("deletes", async () => {
    const { code, out } = await orderhook(["dead-letters", "delete", "--id", "m1"]);
    assert.deepEqual(
      [code, out],
      [0, "Deleted: 1\n  no event, but 21 bytes of json (message m1)\n"],
    );
    assert.deepEqual(
      dispatch.letters.map(({ id }) => id),
      ["m2"],
    );
  });

  test("an unknown id ends with 1", async () => {
    const { code, out } = await orderhook(["dead-letters", "delete", "--id", "m1", "--id", "m9"]);
    assert.equal(code, 1);
    assert.match(out, /^Not among the dead letters: m9$/m);
    assert.deepEqual(
      dispatch.letters.map(({ id }) => id),
      ["m2"],
    );
  });

  describe("one that another caller has taken away in the meantime", () => {
    const gone = "No longer among the dead letters: 1\n  wakilni  e-1 (message m2)\n";
    beforeEach(() => {
      dispatch.onNext(() => {});
      dispatch.onNext(() => dispatch.letters.pop());
    });

    for (const [action, heading] of [
      ["requeue", "Put back into the queue of events"],
      ["delete", "Deleted"],
    ])
      test(`${action} names it, and goes on`, async () => {
        const { code, out } = await orderhook(["dead-letters", action, "--all"]);
        const rest = "  no event, but 21 bytes of json (message m1)\n";
        assert.deepEqual([code, out], [1, `${heading}: 1\n${rest}${gone}`]);
      });

    test("with --json", async () => {
      const args = ["dead-letters", "requeue", "--id", "e-1", "--json"];
      const { code, json } = await orderhook(args);
      assert.deepEqual([code, json.ok, json.done, json.left], [1, false, [], []]);
      assert.deepEqual(json.gone, [{ message: "m2", source: "wakilni", id: "e-1" }]);
    });
  });

  test("a queue that fails leaves the rest, and says which", async () => {
    dispatch.onNext(() => {});
    dispatch.onNext(() => {});
    dispatch.answerNext(
      new Problem("queue_unavailable", "the queue failed", { "retry-after": "30" }),
    );
    const { code, out } = await orderhook(["dead-letters", "requeue", "--all"]);
    assert.equal(code, 1);
    assert.match(out, /^Put back into the queue of events: 1\n {2}wakilni {2}e-1/);
    assert.match(out, /^Left in dispatch: 1\n {2}no event/m);
    assert.match(out, /answered queue_unavailable: the queue failed\.$/m);
  });

  test("where there is no dispatch, it names the queue itself", () =>
    fails(
      ["dead-letters"],
      /cannot be reached: .*\n.*\nWithout dispatch, --remote is for the dead-letter queue/,
      {
        env: { ORDERHOOK_DISPATCH: "http://127.0.0.1:1" },
      },
    ));

  test("a token that may only read changes nothing", async () => {
    const env = { ORDERHOOK_DISPATCH_TOKEN: READ_TOKEN };
    assert.equal((await orderhook(["dead-letters"], { env })).code, 0);
    await fails(
      ["dead-letters", "delete", "--all"],
      /^The token of ORDERHOOK_DISPATCH_TOKEN may only read\./,
      { env },
    );
    assert.equal(dispatch.letters.length, 2);
  });
});

describe("the address and the token", () => {
  const project = (name, files) => {
    const path = join(folder, `project ${name}`);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(path, file, ".."), { recursive: true });
      writeFileSync(join(path, file), text);
    }
    return path;
  };

  test("--dispatch goes before the variable", async () => {
    const env = { ORDERHOOK_DISPATCH: "https://orderhook-dispatch.example.workers.dev" };
    const { code } = await orderhook(["orders", "--dispatch", dispatch.origin], { env });
    assert.equal(code, 0);
  });

  test("an address of this machine has its token in .dev.vars, the first of several", async () => {
    const env = { ORDERHOOK_DISPATCH_TOKEN: "" };
    const variables = `DISPATCH_TOKEN="${TOKEN}, another"\n`;
    for (const file of [".dev.vars", "src/dispatch/.dev.vars"]) {
      const cwd = project(file.replaceAll("/", "-"), { [file]: variables });
      assert.equal((await orderhook(["orders"], { env, cwd })).code, 0, file);
    }
  });

  test("another address does not use that token", async () => {
    const cwd = project("local", { ".dev.vars": `DISPATCH_TOKEN=${TOKEN}\n` });
    const env = { ORDERHOOK_DISPATCH_TOKEN: "", ORDERHOOK_DISPATCH: "https://dispatch.invalid" };
    await fails(
      ["orders"],
      /^There is no token\. Set ORDERHOOK_DISPATCH_TOKEN to a token of https:\/\/dispatch\.invalid\.$/m,
      { cwd, env },
    );
  });

  test("no token", () =>
    fails(["orders"], /^There is no token: DISPATCH_TOKEN is not in \.dev\.vars here\./, {
      env: { ORDERHOOK_DISPATCH_TOKEN: "" },
    }));

  test("a token that is refused", () =>
    fails(["orders"], /refuses the token of ORDERHOOK_DISPATCH_TOKEN: the token is unknown\.$/m, {
      env: { ORDERHOOK_DISPATCH_TOKEN: WRONG_TOKEN },
    }));

  test("a dispatch without a token says what to do", () => {
    dispatch.answerNext(new Problem("dispatch_token_missing", "set DISPATCH_TOKEN"));
    return fails(["orders"], /answered dispatch_token_missing: set DISPATCH_TOKEN\.$/m);
  });

  test("no server at the address", async () => {
    const env = { ORDERHOOK_DISPATCH: `http://127.0.0.1:${await freePort()}` };
    const said =
      /^http:\S+ cannot be reached: ECONNREFUSED\.\nIs dispatch running\? npm start runs it in its clone; --dispatch/;
    await fails(["orders"], said, { env });
    const { json } = await orderhook(["orders", "--json"], { env });
    assert.deepEqual([json.ok, json.code], [false, "unreachable"]);
  });

  for (const [what, answer, said] of [
    [
      "a page",
      { status: 200, headers: { "content-type": "text/html" }, text: "<p>" },
      /is not orderhook-dispatch: 200 without JSON/,
    ],
    [
      "another server's 404",
      { status: 404, headers: { "content-type": "text/plain" }, text: "no" },
      /is not orderhook-dispatch: 404 with text\/plain/,
    ],
    [
      "a login",
      { status: 302, headers: { location: "/login" } },
      /302 with a redirect\. It may be behind a login, as of Cloudflare Access\./,
    ],
  ]) {
    test(`${what} in its place`, async () => {
      dispatch.answerNext(answer);
      await fails(["orders"], said);
    });
  }

  test("the receiver in its place", async () => {
    const problem = { type: "about:blank", title: "Not Found", status: 404, code: "not_found" };
    const text = JSON.stringify({ ...problem, detail: "there is nothing here" });
    const headers = { "content-type": "application/problem+json" };
    dispatch.answerNext({ status: 404, headers, text });
    await fails(
      ["orders"],
      /is not orderhook-dispatch: 404 not_found\. Or it is an older version\.\n--dispatch, or ORDERHOOK_DISPATCH, names its address\.$/m,
    );
  });

  for (const address of [
    "dispatch",
    "ftp://127.0.0.1",
    "http://127.0.0.1/v1",
    "http://a:b@127.0.0.1",
  ])
    test(`no address: ${address}`, () =>
      fails(["orders", "--dispatch", address], /^--dispatch takes an address without a path/));

  test("a token does not travel unencrypted", () =>
    fails(
      ["orders", "--dispatch", "http://dispatch.example"],
      /^--dispatch takes an address with https/,
    ));
});

describe("mistyped arguments", () => {
  for (const [args, said] of [
    [["orders", "Wakilni"], /^A source's name has a-z, 0-9 and - alone/],
    [["orders", "wakilni", "1", "2"], /takes a source and an id/],
    [["orders", "wakilni", ""], /may not be empty/],
    [["orders", "wakilni", "1", "--status", "delivered"], /^--status is for a list of orders/],
    [
      ["orders", "--status", "sent"],
      /answered invalid_parameter: `status` has a value that is not allowed\./,
    ],
    [
      ["orders", "--since", "yesterday"],
      /^--since takes a time as .*, a day as .*, or how long ago, as 30m, 24h or 7d\./,
    ],
    [
      ["orders", "--since", "2026-02-02", "--until", "2026-02-01"],
      /^--since has to be before --until/,
    ],
    [["orders", "--limit", "0"], /^--limit takes a whole number from 1 to 10000/],
    [["events", "--interval", "1"], /^--interval is for --follow/],
    [["events", "--follow", "--interval", "0"], /^--interval takes seconds/],
    [["events", "--follow", "--until", "2026-02-02"], /^--follow has no end/],
    [["export"], /^Name what to export: events or orders/],
    [["export", "event"], /Did you mean events\?/],
    [["export", "events", "--format", "xml"], /^--format takes ndjson or csv/],
    [["dead-letters", "requeue"], /^Name the dead letters: --id/],
    [["dead-letters", "delete", "--all", "--id", "m1"], /^Name the dead letters: --id/],
    [
      ["dead-letters", "--queue", "q"],
      /^--queue is about the queue itself: give --local or --remote/,
    ],
    [
      ["dead-letters", "--remote", "--dispatch", "http://localhost:1"],
      /^--dispatch is not about the queue itself/,
    ],
    [["dead-letters", "delete", "--all", "--remote"], /npx wrangler queues purge/],
    [["dead-letters", "--local", "--remote"], /^Either --local or --remote/],
  ])
    test(args.join(" "), () => fails(args, said));

  test("--json without a file for an export", async () => {
    const { code, json } = await orderhook(["export", "orders", "--json"]);
    assert.deepEqual([code, json.code], [2, "wrong_usage"]);
  });

  test("a time that is so long ago", async () => {
    await orderhook(["orders", "--since", "24h", "--until", "30m"]);
    const [, since, until] = dispatch.asked[0].match(/since=(\S+?)&until=(\S+?)&/);
    const hours = (Date.parse(until) - Date.parse(since)) / 3_600_000;
    assert.equal(hours, 23.5);
  });
});

describe("the commands of the pages", () => {
  for (const page of ["docs/cli.md", "docs/dispatch.md", "docs/operations.md"]) {
    const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
    const lines = text.match(/^ *npx orderhook (orders|events|export|dead-letters)\b.*$/gm);
    for (const line of new Set(lines.map((line) => line.trim().replace(/ *(#| > ).*/, "")))) {
      test(`${page}: ${line}`, async () => {
        dispatch.events = [record("a")];
        dispatch.details["wakilni 123456"] = DOCUMENT.components.examples.order.value;
        dispatch.letters = [letter("m1")];
        const args = line.split(" ").slice(2);
        // --follow would not end.
        const { code, err } = await orderhook(
          args.filter((arg) => arg !== "--follow").map((arg) => (arg === "<id>" ? "m1" : arg)),
        );
        assert.equal(code, 0, err);
      });
    }
  }
});
