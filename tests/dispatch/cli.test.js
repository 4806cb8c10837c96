// The commands of the package against dispatch itself: tests/package/cli-dispatch.test.js has their every turn, against a stand-in.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DISPATCH_TOKEN, event, startDispatch, unrecognized } from "../support/dispatch.js";
import { Journal, PATIENCE_MS } from "../support/journal.js";
import { DEAD_LETTER_QUEUE } from "../support/workerd.js";

const COMMAND = fileURLToPath(new URL("../../pkg/cli/orderhook.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "orderhook-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let dispatch;
before(async () => (dispatch = await startDispatch()));
after(() => dispatch.stop());

const started = (args, token = DISPATCH_TOKEN) =>
  spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    env: {
      ...process.env,
      ORDERHOOK_DISPATCH: new URL(dispatch.url).origin,
      ORDERHOOK_DISPATCH_TOKEN: token,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });

/** Runs the command, and returns its exit code and what it printed. */
async function orderhook(args, token) {
  const child = started(args, token);
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.err += text));
  const [code] = await once(child, "close");
  return { code, ...output, json: args.includes("--json") ? JSON.parse(output.out) : undefined };
}

/** Runs the command until what it prints is as wanted. */
async function until(wanted, args, token) {
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    const result = await succeeds(args, token);
    if (wanted(result)) return result;
    assert.ok(Date.now() < deadline, result.out);
  }
}

async function succeeds(args, token) {
  const result = await orderhook(args, token);
  assert.equal(result.code, 0, result.out + result.err);
  return result;
}

const at = (minute) => `2026-11-14T12:${String(minute).padStart(2, "0")}:00Z`;
const moved = (source, minute, now, phase, more = {}) =>
  event({ source, time: at(minute), data: { ...more, status: { now, phase, was: null } } });

describe("orders and events", () => {
  const source = "orders";
  const order = { id: "A/1 ä", tracking_number: "TN-1", reference: "R-1" };
  const events = [
    moved(source, 1, "confirmed", "open", { order }),
    moved(source, 3, "delivered", "closed", { order }),
    moved(source, 2, "shipped", "moving", { order }),
  ];
  before(() => dispatch.take(...events, unrecognized({ source })));

  test("an order is listed by each of its names", async () => {
    for (const filter of [
      ["--id", order.id],
      ["--reference", "R-1"],
      ["--tracking-number", "TN-1"],
      ["--status", "delivered"],
      ["--phase", "closed"],
      ["--since", "1h"],
    ]) {
      const { json } = await succeeds(["orders", source, ...filter, "--json"]);
      assert.deepEqual(
        json.orders.map(({ id, status }) => [id, status]),
        [[order.id, "delivered"]],
        filter.join(" "),
      );
    }
    const none = await succeeds(["orders", source, "--status", "shipped"]);
    assert.equal(none.out, "There are no such orders.\n");
  });

  test("an order is shown with its timeline in the order of its life", async () => {
    const { out } = await succeeds(["orders", source, order.id]);
    assert.match(out, /^A\/1 ä of orders\n {2}status {5}delivered, closed/);
    const life = out.split("Timeline\n")[1].trim().split("\n");
    assert.deepEqual(
      life.map((line) => line.trim().split(/ {2,}/).slice(0, 3)),
      [
        [at(1).replace("Z", ".000Z"), "confirmed", "fresh"],
        [at(2).replace("Z", ".000Z"), "shipped", "out_of_order"],
        [at(3).replace("Z", ".000Z"), "delivered", "fresh"],
      ],
    );
    assert.equal((await orderhook(["orders", source, "none"])).code, 1);
  });

  test("events are listed, the latest last, and shown whole", async () => {
    const { json } = await succeeds(["events", source, "--json"]);
    assert.deepEqual(
      json.events.slice(0, 3).map(({ event }) => event),
      events,
    );
    const one = await succeeds(["events", source, events[0].id]);
    assert.deepEqual(JSON.parse(one.out).event, events[0]);
    const other = await succeeds(["events", source, "--unrecognized", "--json"]);
    assert.equal(other.json.events.length, 1);
    const late = await succeeds(["events", source, "--verdict", "out_of_order", "--json"]);
    assert.deepEqual(
      late.json.events.map(({ event }) => event.id),
      [events[2].id],
    );
  });

  test("an export has every event and every order, as lines and as CSV", async () => {
    const { out } = await succeeds(["export", "events", "--source", source]);
    assert.equal(out.trimEnd().split("\n").length, 4);
    const file = join(folder, "orders.csv");
    const args = ["export", "orders", "--source", source, "--format", "csv", "--out", file];
    assert.equal((await succeeds([...args, "--json"])).json.orders, 1);
    const [head, row] = readFileSync(file, "utf8").split("\r\n");
    assert.match(head, /^source,id,reference,status,/);
    assert.match(row, /^orders,A\/1 ä,R-1,delivered,/);
  });
});

test("--follow prints what is taken later, once and in order", async () => {
  const source = "followed";
  const [early, ...later] = Array.from({ length: 60 }, () => event({ source }));
  await dispatch.take(early);
  const child = started(["events", source, "--follow", "--interval", "0.1", "--json"]);
  const lines = new Journal("event");
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    for (const part of parts) lines.add(JSON.parse(part).event.id);
  });
  await lines.until((id) => id === early.id);
  await dispatch.take(...later);
  await lines.until((id) => id === later.at(-1).id);
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "close"), [0, null]);
  assert.deepEqual(
    lines.entries,
    [early, ...later].map(({ id }) => id),
  );
});

test("dead letters are listed, put back and deleted", async () => {
  const lost = event({ source: "lost" });
  await dispatch.put(DEAD_LETTER_QUEUE, lost, { poison: "no event" });
  const both = ({ json }) => json.letters.length === 2;
  const { letters } = (await until(both, ["dead-letters", "--json"])).json;
  const [letter] = letters.filter(({ event_id }) => event_id === lost.id);
  assert.deepEqual(JSON.parse(letter.content), lost);
  await succeeds(["dead-letters", "requeue", "--id", lost.id]);
  await dispatch.logged(({ at, id }) => at === "event" && id === lost.id);
  await succeeds(["dead-letters", "delete", "--all"]);
  assert.equal((await succeeds(["dead-letters"])).out, "There are no dead letters.\n");
});

test("a token that may only read changes nothing", async () => {
  const made = await dispatch.post("/v1/tokens", { name: "reader", access: "read" });
  assert.equal(made.status, 201, made.text);
  await dispatch.put(DEAD_LETTER_QUEUE, { poison: "stays" });
  const { secret } = made.json;
  await until(({ out }) => /^1 dead letter /.test(out), ["dead-letters"], secret);
  const { code, err } = await orderhook(["dead-letters", "delete", "--all"], secret);
  assert.equal(code, 2);
  assert.match(err, /may only read/);
  assert.match((await succeeds(["dead-letters"], secret)).out, /^1 dead letter /);
});

test("a refused token, and a source that has more to say", async () => {
  const { code, err } = await orderhook(["orders"], "x".repeat(40));
  assert.equal(code, 2);
  assert.match(err, /refuses the token of ORDERHOOK_DISPATCH_TOKEN/);
  const wrong = await orderhook(["orders", "--status", "sent"]);
  assert.match(wrong.err, /answered invalid_parameter: `status`/);
});
