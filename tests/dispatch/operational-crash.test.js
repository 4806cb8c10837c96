// The moments at which something can fail on an operational event's way into its journal: each is forced, and the event is there once.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAME, startDispatch } from "../support/dispatch.js";

// Around the cron: a call of one kind fails, before or after its work, as the cron's text says.
const AROUND = `
  import dispatch, { Journal, Registry as DispatchRegistry } from "./entry.js";
  export { Journal };
  export class Registry extends DispatchRegistry {
    sql(query, ...args) { return [...this.ctx.storage.sql.exec(query, ...args).raw()]; }
  }
  const failing = (cron, kindOf, call) => async (argument) => {
    const kind = kindOf(argument);
    if (cron === kind + " before") throw new Error("lost before");
    const answer = await call(argument);
    if (cron === kind + " after") throw new Error("lost after");
    return answer;
  };
  const around = (namespace, method, cron, kindOf) => ({
    getByName: (name) => {
      const object = namespace.getByName(name);
      const call = failing(cron, kindOf, (argument) => object[method](argument));
      return { check: () => object.check(), [method]: call };
    },
  });
  const wordOf = (question) => /\\w+/.exec(question)[0];
  export default {
    ...dispatch,
    scheduled(event, env, ctx) {
      const JOURNAL = around(env.JOURNAL, "take", event.cron, () => "take");
      const REGISTRY = around(env.REGISTRY, "ask", event.cron, wordOf);
      return dispatch.scheduled(event, { ...env, JOURNAL, REGISTRY }, ctx);
    },
  };`;

const STEP = 300_000;

let dispatch;
let worker;
before(async () => {
  dispatch = await startDispatch({ around: AROUND });
  worker = await dispatch.miniflare.getWorker(NAME);
});
after(() => dispatch.stop());

const sql = (...query) => dispatch.registry("sql", ...query);

/** Lets the cron come. */
const watch = (cron = "*/5 * * * *") => worker.scheduled({ cron });

/** Lets a source refuse its deliveries, which is to be told. */
const refuse = (source) => {
  const now = Date.now();
  const values = [now - (now % STEP), source, "signature_mismatch"];
  return sql(
    "INSERT INTO activity (at, source, code, latency, n) VALUES (?, ?, ?, 0, 12)",
    ...values,
  );
};

/** Returns the operational events about a source. */
async function toldOf(source) {
  const { json } = await dispatch.get("/v1/events?source=_operational&limit=200");
  return json.events.filter(({ event }) => event.subject === source);
}

/** The calls that fail, and when; and how many events and notices there are then. */
const LEFT = {
  "watch before": [0, 0],
  "watch after": [0, 1],
  "note before": [0, 1],
  "note after": [0, 1],
  "take before": [0, 1],
  "take after": [1, 1],
  "remove_notices before": [1, 1],
  "remove_notices after": [1, 0],
};

/** Checks that the next cron tells of a source, and the ones after it do not. */
async function assertToldOnce(source) {
  await watch();
  await watch();
  assert.equal((await toldOf(source)).length, 1);
  assert.deepEqual(await sql("SELECT count(*) FROM notices"), [[0]]);
}

describe("the cron ends, and the next one goes on:", () => {
  for (const [failure, left] of Object.entries(LEFT))
    test(failure, async () => {
      const source = failure.replace(/\W|_/g, "-");
      await refuse(source);
      await watch(failure);
      const [[notices]] = await sql("SELECT count(*) FROM notices");
      assert.deepEqual([(await toldOf(source)).length, notices], left);
      await assertToldOnce(source);
    });
});

describe("in the registry", () => {
  for (const table of ["notices", "pulses", "meta"])
    test(`a statement that fails (${table}) leaves nothing of the look`, async () => {
      const source = `fails-${table}`;
      const known = () => Promise.all([sql("SELECT * FROM pulses"), sql("SELECT * FROM meta")]);
      await refuse(source);
      const before = await known();
      await sql(
        `CREATE TRIGGER fails BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'forced'); END`,
      );
      await watch();
      assert.deepEqual(await known(), before);
      assert.deepEqual(await toldOf(source), []);
      await sql("DROP TRIGGER fails");
      await assertToldOnce(source);
    });
});
