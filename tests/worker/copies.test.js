// Copies of one event that arrive in the same moment at one isolate give one event, however dedup is set. Without strict dedup, too,
// none of them is told to come again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECRETS, SOURCES, hook } from "../support/accounts.js";
import { times } from "../support/long.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const EVENTS = times(10, 50);
const COPIES = 1000;

/** The longest deadline: a thousand deliveries at once take a busy machine seconds. */
const PATIENT = { DEADLINE_MS: 25_000 };

let count = 0;
const order = () =>
  JSON.stringify({ event_id: `copies-${++count}`, event: "Order Created", data: { order_id: 1 } });

/** Posts all copies of each event without waiting, event by event. Returns the answers by id, and the ids that were queued. */
async function crowd(vars) {
  const worker = await start({ vars: { SOURCES, ...PATIENT, ...vars } });
  try {
    const answers = new Map();
    for (let at = 0; at < EVENTS; at++) {
      const body = order();
      const headers = sign.wakilni(SECRETS.WAKILNI_SECRET, body);
      const posted = Array.from({ length: COPIES }, () =>
        worker.post(hook("wakilni"), body, headers),
      );
      answers.set(JSON.parse(body).event_id, await Promise.all(posted));
    }
    const queued = (await worker.events()).map(({ id }) => id);
    return { answers, queued };
  } finally {
    await worker.stop();
  }
}

/** By mode: the statuses that a copy may be answered with. */
const MODES = { kv: [200], strict: [200, 503] };

for (const [dedup, statuses] of Object.entries(MODES)) {
  test(`${COPIES} copies in one moment of each of ${EVENTS} events give ${EVENTS} events: dedup = "${dedup}"`, async (t) => {
    const { answers, queued } = await crowd({ DEDUP: dedup });
    const counts = {};
    for (const { status, json } of [...answers.values()].flat()) {
      const said = `${status} ${json.code ?? json.status}`;
      counts[said] = (counts[said] ?? 0) + 1;
    }
    t.diagnostic(JSON.stringify(counts));
    const told = new Set([...answers.values()].flat().map(({ status }) => status));
    assert.deepEqual(
      [...told].filter((status) => ![202, ...statuses].includes(status)),
      [],
    );
    const often = [...answers.keys()].map((id) => [id, queued.filter((it) => it === id).length]);
    assert.deepEqual(
      often.filter(([, events]) => events !== 1),
      [],
    );
    assert.equal(queued.length, EVENTS);
    for (const [id, all] of answers) {
      const accepted = all.filter(({ status }) => status === 202);
      assert.deepEqual(
        accepted.map(({ json }) => json.id),
        [id],
      );
      for (const { json, headers } of all.filter(({ status }) => status === 503)) {
        assert.equal(json.code, "copy_in_progress");
        const seconds = Number(headers["retry-after"]);
        assert.ok(Number.isInteger(seconds) && 1 <= seconds && seconds <= 60, `${seconds} s`);
      }
    }
  });
}
