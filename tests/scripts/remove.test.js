// `npm run deploy -- --remove`, against a server that answers as Cloudflare does.
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { isConfirmed } from "../../scripts/deploy/remove.js";
import { capture } from "../../scripts/lib/command.js";
import { CloudflareApi, TOKEN } from "../support/cloudflare-api.js";

const SCRIPT = fileURLToPath(new URL("../../scripts/deploy.js", import.meta.url));
const RECEIVER = "orderhook";
const DISPATCH = "orderhook-dispatch";
const QUEUES = ["events", "activity", "attempts", "dead-letters"].map((n) => `orderhook-${n}`);
const NAMESPACE = "orderhook-seen";

const cloudflare = new CloudflareApi();
before(() => cloudflare.listen());
after(() => cloudflare.stop());
beforeEach(() => {
  cloudflare.reset();
  deploy();
});

/** Puts into the account what a deployment makes there. */
function deploy() {
  cloudflare.namespaces.set(NAMESPACE, "5ee0");
  const seen = { type: "kv_namespace", name: "SEEN", namespace_id: "5ee0" };
  const to = (queue) => ({ type: "queue", name: queue, queue_name: queue });
  for (const queue of QUEUES) cloudflare.addQueue(queue, DISPATCH);
  const secrets = new Map([["HEALTH_TOKEN", "t"]]);
  cloudflare.workers.set(RECEIVER, { secrets, bindings: [seen, to(QUEUES[0]), to(QUEUES[1])] });
  cloudflare.workers.set(DISPATCH, {
    secrets,
    bindings: [seen, to(QUEUES[0]), to(QUEUES[2]), { type: "service", service: RECEIVER }],
  });
  cloudflare.objects.set(DISPATCH, { Journal: 5, Registry: 1 });
  for (const [name, count] of [
    [QUEUES[0], 3],
    [QUEUES[3], 0],
    [NAMESPACE, 1000],
  ])
    cloudflare.counts.set(name, count);
}

async function remove(...args) {
  const done = await capture(process.execPath, [SCRIPT, "--remove", ...args], {
    env: {
      ...process.env,
      ...{ CLOUDFLARE_ACCOUNT_ID: "", CLOUDFLARE_API_BASE_URL: cloudflare.base },
      CLOUDFLARE_API_TOKEN: TOKEN,
    },
  });
  assert.deepEqual(cloudflare.unknown, []);
  return { code: done.status, printed: done.stdout + done.stderr };
}

const STEPS = [
  `DELETE /workers/scripts/${RECEIVER}`,
  ...["events", "activity", "attempts", "dead-letters"].map(
    (name) => `DELETE /queues/orderhook-${name}/consumers`,
  ),
  `DELETE /workers/scripts/${DISPATCH}`,
  ...["events", "activity", "attempts", "dead-letters"].map(
    (name) => `DELETE /queues/orderhook-${name}`,
  ),
  `DELETE /storage/kv/namespaces/${NAMESPACE}`,
];

const left = () => [
  ...[cloudflare.workers, cloudflare.queues, cloudflare.namespaces].flatMap((all) => [
    ...all.keys(),
  ]),
];

describe("npm run deploy -- --remove", () => {
  test("removes all of it, the receiver first, and says before what is in it", async () => {
    const { code, printed } = await remove("--yes");
    assert.equal(code, 0, printed);
    assert.deepEqual(cloudflare.changes, STEPS);
    assert.deepEqual(left(), []);
    for (const part of [
      /^ {2}orderhook-dispatch .* its journals; Journal: 5 objects with data; Registry: 1 object with data$/m,
      /^ {2}orderhook-events +a queue, with 3 messages$/m,
      /^ {2}orderhook-activity +a queue, with an unknown number of messages$/m,
      /^ {2}orderhook-seen +a KV namespace, with 1000 or more keys$/m,
      /Cloudflare keeps no copy/,
    ])
      assert.match(printed, part);
  });

  test("goes on after a failure, and has nothing to do once all is gone", async () => {
    cloudflare.fail(`DELETE /queues/${QUEUES[0]}`);
    const stopped = await remove("--yes");
    assert.notEqual(stopped.code, 0);
    assert.match(stopped.printed, /Run it again to go on\./);
    assert.deepEqual(left(), [...QUEUES, NAMESPACE]);
    const gone = await remove("--yes");
    assert.equal(gone.code, 0, gone.printed);
    assert.deepEqual(left(), []);
    cloudflare.changes = [];
    const again = await remove("--yes");
    assert.equal(again.code, 0, again.printed);
    assert.match(again.printed, /There is nothing to remove\./);
    assert.deepEqual(cloudflare.changes, []);
  });

  test("--dry-run shows every step and changes nothing; without a log-in, too", async () => {
    const { code, printed } = await remove("--dry-run");
    assert.equal(code, 0, printed);
    const steps = [
      /^ 1\. Delete the Worker orderhook\.$/m,
      /^ 2\. Remove orderhook-dispatch as the consumer of orderhook-events\.$/m,
      /^ 6\. Delete the Worker orderhook-dispatch\.$/m,
      /^11\. Delete the KV namespace orderhook-seen\.$/m,
      /^Nothing was changed\.$/m,
    ];
    for (const step of steps) assert.match(printed, step);
    cloudflare.accounts.push({ id: "0".repeat(32), name: "Other" });
    const blind = await remove("--dry-run");
    assert.equal(blind.code, 0, blind.printed);
    for (const step of [/What the account has is not known/, ...steps])
      assert.match(blind.printed, step);
    assert.deepEqual(cloudflare.changes, []);
  });

  test("leaves what somebody else uses, and says so", async () => {
    cloudflare.workers.set("reports", {
      secrets: new Map(),
      bindings: [{ type: "queue", queue_name: QUEUES[0] }],
    });
    const { code, printed } = await remove("--yes");
    assert.equal(code, 0, printed);
    assert.deepEqual(left(), ["reports", QUEUES[0]]);
    assert.match(printed, /These stay: the queue orderhook-events, which reports uses, too\./);
  });

  test("asks for the receiver's name, and refuses where nobody can be asked", async () => {
    const { code, printed } = await remove();
    assert.equal(code, 1, printed);
    assert.match(printed, /Nothing was changed\. This is not a terminal: --yes/);
    assert.deepEqual(cloudflare.changes, []);
    for (const [typed, is] of [
      ["orderhook\n", true],
      ["yes\n", false],
      ["\n", false],
    ]) {
      const input = Object.assign(new PassThrough(), { isTTY: true });
      const answer = isConfirmed("orderhook", { input, output: new PassThrough() });
      input.write(typed);
      assert.equal(await answer, is, typed);
    }
  });

  test("refuses options that do not belong together", async () => {
    for (const option of ["--stdin", "--receiver", "--replace=HEALTH_TOKEN"])
      assert.equal((await remove(option)).code, 2);
  });
});
