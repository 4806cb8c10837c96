// One run, in a process of its own, since the test runner's hooks double the cost of a promise. It reports its result to its
// parent, and ends with it.
import { SOURCES } from "../../support/accounts.js";
import { sha256 } from "../../support/sign.js";
import { start } from "../../support/workerd.js";
import { faulty } from "./faulty.js";
import { Ledger } from "./ledger.js";
import { CLAIMS, objects } from "./objects.js";
import { event, events } from "./orders.js";
import { Provider } from "./provider.js";
import { DEADLINE, ISOLATES, RUNS } from "./runs.js";
import { summary } from "./summary.js";
import { judge, settled } from "./verdict.js";

const { EVENT, EVENTS } = process.env;
const [, , name] = process.argv;

process.on("disconnect", () => process.exit());

/** In milliseconds: longer than any delivery is on its way. */
const CLAIM_MS = 5 * DEADLINE;

async function run({ count, vars, ...promised }) {
  const ledger = new Ledger();
  const faults = await faulty(ledger, { isolates: ISOLATES });
  const worker = await start({
    vars: { SOURCES, ...vars },
    standIns: { SEEN: faults.kv, EVENTS: faults.queue, ...(promised.faultyObjects && { CLAIMS }) },
    workers: promised.faultyObjects
      ? [objects("claims-that-fail.js", { ms: CLAIM_MS, faults: faults.objects })]
      : [],
    isolates: ISOLATES - 1,
  });
  const urls = worker.isolates.map(({ url }) => url);
  const provider = new Provider(urls, ledger, promised);
  try {
    const all = events(name, Number(EVENTS ?? count));
    await provider.send(EVENT === undefined ? all : [...all].filter(({ name }) => name === EVENT));
    if (ledger.isFull()) return { summary: [], failure: ledger.failure() };
    // The log keeps its order: once this line is in it, so are all others.
    const last = event(`${name}-last`, 0);
    await provider.send([last]);
    await worker.logged(
      ({ id, code }) => id === last.id && ["accepted", "duplicate"].includes(code),
    );
    // What follows the answers has come, and its lines are there.
    await settled(ledger, worker, promised);
    const duplicates = judge(ledger, promised);
    for (const account of ledger.accounts.values()) {
      const isKept = ({ ref, hash }) => sha256(faults.kv.values.get(ref)) === hash;
      if (!account.payloads.every(isKept))
        ledger.wrong("a payload is not what it was when its message was sent", account);
    }
    return { summary: summary(ledger, provider, duplicates), failure: ledger.failure() };
  } finally {
    provider.stop();
    await worker.stop();
    await faults.stop();
  }
}

const outcome = await run(RUNS[name]).catch((error) => ({ summary: [], failure: error.stack }));
process.send(outcome, () => process.exit());
