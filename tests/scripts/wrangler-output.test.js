// What `npm start` shows of wrangler's output.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutRoutine } from "../../scripts/lib/wrangler-output.js";

const EVENT = '{"at":"event","source":"shop","id":"e-1"}';
const BROKEN = "[custom build] error: expected `;`";
const OWN = '✘ [ERROR] {"at":"settings","problems":["a token of `DISPATCH_TOKEN` is short"]}';
const LOCAL = '"`LOCAL_ENDPOINTS` lets events be posted to 127.0.0.1:8790: never set it on it"';

test("shows events and problems, without wrangler's routine", () => {
  const shown = [];
  const show = withoutRoutine((line) => shown.push(line));
  for (const line of [
    "[custom build] Running: node scripts/build.js --worker",
    "[custom build] Up to date: the receiver (build/)",
    "[custom build] ",
    BROKEN,
    "Your Worker has access to the following bindings:",
    "Binding                             Resource                  Mode",
    "env.JOURNAL (Journal)               Durable Object            local",
    "env.RECEIVER (orderhook)            Worker                    local [not connected]",
    '\u001b[90menv.SHOP_SECRET ("(hidden)")         Environment Variable      local\u001b[39m',
    "",
    "",
    "⎔ Starting local server...",
    "",
    `✘ [ERROR] {"at":"settings","problems":[${LOCAL}]}`,
    `✘ [ERROR] {"at":"settings","problems":[${LOCAL},"another"]}`,
    OWN,
    EVENT,
    "[wrangler:info] POST /hooks/shop 202 Accepted (5ms)",
  ])
    show(`${line}\n`);
  assert.deepEqual(
    shown.map((line) => line.trimEnd()),
    [
      BROKEN,
      "",
      `✘ [ERROR] {"at":"settings","problems":[${LOCAL},"another"]}`,
      ...[OWN, EVENT, "[wrangler:info] POST /hooks/shop 202 Accepted (5ms)"],
    ],
  );
});
