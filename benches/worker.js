// `npm run bench:worker`: compares the built Worker with its peers in one run: the cost of a request. The output goes
// into RESULTS.md.
import { spawnSync } from "node:child_process";
import { cpus, setPriority, type } from "node:os";
import { parseArgs } from "node:util";
import { WORKER } from "./options.js";
import { loadNow, machine, record } from "./results.js";
import {
  AGAIN,
  contestants,
  HAND,
  HONO,
  LATER,
  OURS,
  STRICT,
  UNTIMED,
} from "./worker/contestants.js";
import { firstRequests } from "./worker/first.js";
import { measure } from "./worker/measure.js";
import { grown } from "./worker/memory.js";
import { firstReport, memoryReport, report } from "./worker/report.js";
import { SCENARIOS } from "./worker/scenarios.js";

const { values: options } = parseArgs({ options: WORKER });
const say = (text) => process.stderr.write(`${text}\n`);

// The load runs on one core, and the contestant on another.
const [LOAD_CORE, CORE] = [0, 1];
if (type() !== "Linux" || cpus().length < 2)
  throw new Error("this reads Linux's /proc, and needs two cores");
spawnSync("taskset", ["-acp", String(LOAD_CORE), String(process.pid)]);
if (!options.memory) preferred();

const PLAN = options.quick
  ? { launches: 2, seconds: 45, warm: 10, scenarios: ["accepted", "bad-tag", "not-found", "16-kb"] }
  : { launches: 5, seconds: 420, warm: 20, scenarios: Object.keys(SCENARIOS), first: 20 };
// In other scenarios they do the same as the others.
const ONLY_IN = {
  [STRICT]: ["accepted", "duplicate"],
  [UNTIMED]: ["accepted", "duplicate", "duplicate-kv"],
  [LATER]: ["accepted"],
};
/** What a quick run leaves out, unless it is of a few scenarios. */
const LEFT_OUT = [STRICT, UNTIMED, LATER];

const measuredOn = machine(loadNow(), ["hono", "@hookflo/tern"]);
const scenarios = options.only?.split(",") ?? PLAN.scenarios;
const unknown = scenarios.filter((name) => !Object.hasOwn(SCENARIOS, name));
if (unknown.length > 0)
  throw new Error(
    `there is no ${unknown.join(", ")}: there are ${Object.keys(SCENARIOS).join(", ")}`,
  );
const all = (await contestants(options.build ?? ["build"])).filter(
  ({ name }) => !options.quick || options.only || !LEFT_OUT.includes(name),
);

const written = await measured();
console.log(written);

function measured() {
  if (options.memory) return memory();
  return options.first ? firstAlone() : requestsMeasured();
}

async function requestsMeasured() {
  const taken = (name) => scenarios.filter((scenario) => ONLY_IN[name]?.includes(scenario) ?? true);
  const inMemory = all.map((contestant) => ({ ...contestant, scenarios: taken(contestant.name) }));
  const bound = all
    .filter(({ name }) => [OURS, AGAIN, HAND, HONO].includes(name))
    .map((contestant) => ({ ...contestant, bindings: true, scenarios: ["accepted"] }));
  const taking = options.quick || options.only ? inMemory : [...inMemory, ...bound];
  const measured = taking.filter(({ scenarios }) => scenarios.length > 0);
  const found = await measure(measured, { ...PLAN, core: CORE, say });
  const first =
    PLAN.first && !options.only
      ? await firstRequests(all, { launches: PLAN.first, core: CORE, say })
      : null;
  const text = report({ machine: measuredOn, scenarios, found, first });
  if (!options.quick && !options.build && !options.only) record("npm run bench:worker", text);
  return text;
}

async function firstAlone() {
  const launches = PLAN.first ?? 8;
  const first = await firstRequests(all, { launches, core: CORE, say });
  return firstReport({ machine: measuredOn, first });
}

async function memory() {
  const left = [AGAIN, STRICT, UNTIMED, LATER, HONO];
  const compared = all.filter(({ name }) => !left.includes(name));
  const text = memoryReport({ machine: measuredOn, ...(await grown(compared, { say })) });
  if (!options.build) record("npm run bench:worker -- --memory", text);
  return text;
}

/**
 * Raises the priority, so that on a busy machine the contestant is interrupted less often, and finds more of its memory in the
 * caches. Processes that are started here inherit it. Only root may do this; others run without it.
 */
function preferred() {
  try {
    setPriority(-5);
  } catch {
    // As it is.
  }
}
