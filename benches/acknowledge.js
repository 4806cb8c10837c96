// `npm run bench:acknowledge`: compares how long a provider waits for the answer, where KV and the queue take the time that is
// assumed of the edge. The output goes into RESULTS.md.
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { contestants } from "./acknowledge/contestants.js";
import { delaysFrom } from "./acknowledge/delays.js";
import { judge } from "./acknowledge/judge.js";
import { rounds, runnerOf } from "./acknowledge/measure.js";
import { report } from "./acknowledge/report.js";
import { ACKNOWLEDGE, numbers } from "./options.js";
import { loadNow, machine, record } from "./results.js";
import { launch } from "./worker/workerd.js";

const { values: options } = parseArgs({ options: ACKNOWLEDGE });
const wanted = numbers(options);
const say = (text) => process.stderr.write(`${text}\n`);

const PLAN = options.quick
  ? { rounds: 3, swept: 1, count: 40, warm: 1 }
  : { rounds: 20, swept: 3, count: 60, warm: 3 };
/** What a delay is multiplied by in the sweep. */
const FACTORS = [1 / 3, 3];

const load = loadNow();
const medians = { kvRead: wanted["kv-read"], kvWrite: wanted["kv-write"], queue: wanted.queue };
const seed = wanted.seed ?? randomInt(2 ** 32);
say(`--seed ${seed}`);
const delays = delaysFrom(seed);

const workers = [];
try {
  const runners = [];
  for (const contestant of await contestants("build", options.against ?? [])) {
    const worker = await launch(contestant);
    workers.push(worker);
    await judge(contestant, worker);
    runners.push(runnerOf(contestant, worker));
  }
  const measured = (rounded, around) =>
    rounds(runners, { rounds: rounded, count: PLAN.count, draw: () => delays(around) });
  await measured(PLAN.warm, medians);
  say("warm");
  const found = await measured(PLAN.rounds, medians);
  say(`${PLAN.rounds} rounds`);
  const swept = [];
  for (const { label, around } of settings()) {
    swept.push({ label, found: await measured(PLAN.swept, around) });
    say(label);
  }
  const text = report({ machine: machine(load), seed, medians, found, swept });
  console.log(text);
  if (isOfficial()) record("npm run bench:acknowledge", text);
  for (const { pool } of runners) pool.close();
} finally {
  for (const worker of workers) await worker.stop();
}

/** Returns the other delays: each of the three alone, shorter and longer. */
function settings() {
  const labels = { kvRead: "read of KV", kvWrite: "write of KV", queue: "queue" };
  return Object.entries(labels).flatMap(([kind, label]) =>
    FACTORS.map((factor) => {
      const ms = Math.round(medians[kind] * factor);
      return { label: `${label} ${ms} ms`, around: { ...medians, [kind]: ms } };
    }),
  );
}

/** Whether it is a run with the usual assumptions, and in full. */
function isOfficial() {
  const usual = Object.entries(ACKNOWLEDGE).filter(([, option]) => option.default !== undefined);
  return (
    !options.quick &&
    !options.against &&
    usual.every(([name, option]) => options[name] === option.default)
  );
}
