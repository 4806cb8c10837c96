// Measures the start, until workerd listens, and the first request after it: how much longer it takes than later ones. What is moved
// from one of the two into the other is seen in their sum.
import { median, ratio, shuffled } from "../peers/rounds.js";
import { Connection } from "./load.js";
import { request, SCENARIOS } from "./scenarios.js";
import { launch } from "./workerd.js";

const LATER = 20;

/**
 * Launches each so many times, in turn. Returns, by name, the median milliseconds: of the first request by the clock, and of
 * processor time; of processor time until it listens; and of both together, with their ratio to the first contestant's.
 */
export async function firstRequests(contestants, { launches, core, say }) {
  const found = new Map(contestants.map(({ name }) => [name, []]));
  for (let at = 0; at < launches; at++) {
    for (const contestant of shuffled(contestants))
      found.get(contestant.name).push(await firstOf(contestant, core));
  }
  say(`first requests: ${launches} launches`);
  const sums = (all) => all.map(({ sum }) => sum);
  const middle = (all, what) => median(all.map((one) => one[what]));
  const medians = (all) => ({
    ms: middle(all, "ms"),
    cpu: middle(all, "cpu"),
    start: middle(all, "start"),
    sum: middle(all, "sum"),
    ratio: ratio(sums(all), sums(found.get(contestants[0].name))),
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
  const cpu = over("cpu");
  return { ms: over("ms"), cpu, start, sum: start + cpu };
}
