// Measures the first request after a start: how much longer it takes than later ones, in a workerd that listens.
import { median, shuffled } from "../peers/rounds.js";
import { Connection } from "./load.js";
import { request, SCENARIOS } from "./scenarios.js";
import { launch } from "./workerd.js";

const LATER = 20;

/** Launches each so many times, in turn. Returns, by name, the median milliseconds: by the clock, and of processor time. */
export async function firstRequests(contestants, { launches, core, say }) {
  const found = new Map(contestants.map(({ name }) => [name, []]));
  for (let at = 0; at < launches; at++) {
    for (const contestant of shuffled(contestants))
      found.get(contestant.name).push(await firstOf(contestant, core));
  }
  say(`first requests: ${launches} launches`);
  const middle = (all, what) => median(all.map((one) => one[what]));
  const medians = (all) => ({
    ms: middle(all, "ms"),
    cpu: middle(all, "cpu"),
    start: middle(all, "start"),
  });
  return { launches, table: new Map([...found].map(([name, all]) => [name, medians(all)])) };
}

async function firstOf(contestant, core) {
  const worker = await launch(contestant, core);
  const connection = await Connection.open(worker.port);
  const start = worker.cpu() / 1e6;
  const each = [];
  for (let at = 0; at <= LATER; at++) {
    const sent = request(SCENARIOS.accepted, `first-${at}`);
    const before = worker.cpu();
    const ms = await connection.send(sent, 202);
    each.push({ ms, cpu: (worker.cpu() - before) / 1e6 });
  }
  connection.close();
  await worker.stop();
  const [first, ...later] = each;
  const over = (what) => first[what] - median(later.map((one) => one[what]));
  return { ms: over("ms"), cpu: over("cpu"), start };
}
