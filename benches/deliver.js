// What deliveries to endpoints take on this machine: the time from the receiver to an endpoint, alone and beside one that hangs, the
// deliveries a second, and what a million events cost. `npm run bench -- deliver` builds and runs it; the output goes into RESULTS.md.
import { parseArgs } from "node:util";
import { costs } from "./deliver/costs.js";
import { beside, delays } from "./deliver/delays.js";
import { rates } from "./deliver/rates.js";
import { report } from "./deliver/report.js";
import { DELIVER } from "./options.js";
import { loadNow, machine, record } from "./results.js";

const { values: options } = parseArgs({ options: DELIVER });
const say = (text) => process.stderr.write(`${text}\n`);

const PLAN = options.quick
  ? {
      delays: { rates: [10, 100], seconds: 2, warm: 1 },
      beside: { rounds: 1, seconds: 3, warm: 1 },
      rates: { rounds: 1, count: 200 },
      costs: { count: 50 },
    }
  : {
      delays: { rates: [10, 100], seconds: 20, warm: 5 },
      beside: { rounds: 3, seconds: 10, warm: 5 },
      rates: { rounds: 3, count: 2_000 },
      costs: { count: 500 },
    };

const load = loadNow();
const found = {};
for (const [name, measure] of Object.entries({ delays, beside, rates, costs })) {
  found[name] = await measure(PLAN[name]);
  say(name);
}
const text = report({ machine: machine(load, ["standardwebhooks"]), found });
console.log(text);
if (!options.quick) record("npm run bench -- deliver", text);
