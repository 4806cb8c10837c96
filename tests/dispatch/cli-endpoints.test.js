// `orderhook endpoints` against dispatch itself.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DISPATCH_TOKEN, event, startDispatch } from "../support/dispatch.js";
import { isSigned, startEndpoint } from "../support/endpoint.js";

const COMMAND = fileURLToPath(new URL("../../pkg/cli/orderhook.js", import.meta.url));
const SLACK = "https://hooks.slack.com/services/T0/B0/verysecret";

const ENDPOINT = {
  ...{ id: "ep_1", url: "https://example.com/hooks", format: "cloudevents", filter: {} },
  ...{ active: true, disabled_reason: null },
};

let status = 204;
let dispatch;
let server;
before(async () => {
  server = await startEndpoint(() => status);
  dispatch = await startDispatch({ vars: { LOCAL_ENDPOINTS: server.pair } });
});
after(async () => {
  await dispatch.stop();
  await server.stop();
});

/** Runs the command, and returns its exit code and what it printed. */
async function endpoints(...args) {
  return endpointsOf(new URL(dispatch.url).origin, ...args);
}

async function endpointsOf(origin, ...args) {
  const child = spawn(process.execPath, [COMMAND, "endpoints", ...args], {
    cwd: tmpdir(),
    env: {
      ...process.env,
      ORDERHOOK_DISPATCH: origin,
      ORDERHOOK_DISPATCH_TOKEN: DISPATCH_TOKEN,
      SLACK_URL: SLACK,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.err += text));
  const [code] = await once(child, "close");
  return { code, ...output };
}

async function succeeds(...args) {
  const { code, out, err } = await endpoints(...args);
  assert.deepEqual([code, err], [0, ""], out);
  return out;
}

test("an endpoint is created, tested, paused, resumed, rotated, replayed and deleted", async () => {
  assert.equal(await succeeds(), "There are no endpoints.\n");
  const made = await succeeds("create", server.url, "--source", "shop", "--no-tests");
  const [, id, secret] = made.match(/^Created (ep_\S+)\.\nIts secret, .*: (whsec_\S+)\n$/);
  const listed = await succeeds();
  assert.match(
    listed,
    new RegExp(`${id} +active +cloudevents +${server.url} +sources=shop test=false`),
  );
  assert.ok(!listed.includes(secret));

  assert.match(await succeeds("test", id), /^ *orderhook\.order\.status\.v1 +ok +204/m);
  status = 500;
  const failed = await endpoints("test", id, "--json");
  assert.deepEqual([failed.code, JSON.parse(failed.out).tests_failed], [1, 2]);
  status = 204;

  assert.match(await succeeds("pause", id), /held/);
  await dispatch.take(event({ source: "shop" }));
  const held = await succeeds("deliveries", id, "--state", "held");
  assert.match(held, /^ *held +shop +123456 +confirmed +0/m);
  assert.match(await succeeds("resume", id), /replay/);
  const [, rotated] = (await succeeds("rotate", id)).match(/(whsec_\S+)/);
  assert.match(await succeeds("replay", id), /^Sends 1 deliveries again/);
  const isTest = ({ body }) => JSON.parse(body).id.startsWith("test_");
  const sent = await server.inbox.until((request) => !isTest(request));
  for (const known of [secret, rotated]) assert.ok(isSigned(sent, known));

  status = 500;
  await dispatch.take(event({ source: "shop" }));
  let row = "";
  while (!row.includes("failing")) row = await succeeds();
  assert.match(row, new RegExp(`${id} +failing since 20\\d\\d-\\S+Z +cloudevents`));
  status = 204;
  assert.equal(await succeeds("delete", id), `Deleted ${id}.\n`);
  assert.equal((await endpoints("test", id)).code, 2);
});

test("endpoints are listed if their health cannot be asked for, and the list says so", async () => {
  const problem = { code: "source_required", detail: "there are too many journals" };
  const answer = { status: 400, headers: { "content-type": "application/problem+json" } };
  const stand = await startEndpoint(({ path }) =>
    path === "/v1/stats"
      ? { ...answer, body: JSON.stringify(problem) }
      : { status: 200, body: JSON.stringify({ endpoints: [ENDPOINT] }) },
  );
  const { code, out } = await endpointsOf(`http://${stand.pair}`);
  await stand.stop();
  assert.equal(code, 0, out);
  assert.match(out, /^ *ep_1 +active +cloudevents /m);
  assert.match(out, /^The command could not ask which active endpoints fail: .*source_required/m);
});

test("the commands of docs/cli.md, in their order", async () => {
  const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
  const lines = [...page.matchAll(/^npx orderhook endpoints\b *(.*)$/gm)].map(([, rest]) => rest);
  const [create, ...rest] = lines;
  const made = await succeeds(
    ...create.replace("https://example.com/hooks", server.url).split(" "),
  );
  const [, id] = made.match(/^Created (ep_\S+)\.$/m);
  for (const line of rest) await succeeds(...line.replace("<id>", id).split(" ").filter(Boolean));
  assert.equal(rest.at(-1), "delete <id>");
  assert.equal(await succeeds(), "There are no endpoints.\n");
});

test("the URL of Slack's comes from a variable, and is not printed", async () => {
  const made = await succeeds("create", "--url-env", "SLACK_URL", "--format", "slack");
  const listed = await succeeds();
  assert.match(listed, /slack +https:\/\/hooks\.slack\.com\/… +ALL EVENTS/);
  assert.ok(!`${made}${listed}`.includes("verysecret"));
});

for (const [what, args, said] of [
  ["an unknown action", ["make"], /There is no such action/],
  ["no id", ["test"], /Give the endpoint's id/],
  ["two ids", ["test", "a", "b"], /takes one id/],
  ["no URL", ["create"], /Give the URL/],
  ["two URLs", ["create", "https://a.example", "--url-env", "A"], /Give the URL/],
  ["a variable that is not set", ["create", "--url-env", "NOT_SET"], /is not set/],
  ["an option of another action", ["test", "a", "--state", "due"], /--state is not for this/],
  ["a URL that is not allowed", ["create", "http://example.com/"], /does not begin with https/],
  ["an unknown word", ["create", "https://example.com/", "--status", "lost"], /statuses/],
])
  test(`${what} is refused`, async () => {
    const { code, out, err } = await endpoints(...args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, said);
  });
