// Measures a Worker's memory after a thousand requests, after a hundred thousand, and after a million. It rises and falls with each
// collection of garbage, so a figure is the median of the last readings.
import { cpus } from "node:os";
import { median } from "../peers/rounds.js";
import { Load } from "./load.js";
import { requests, SCENARIOS } from "./scenarios.js";
import { launch } from "./workerd.js";

const MARKS = [1_000, 100_000, 1_000_000];
const SLICE = 1_000;
const READINGS = 20;
const SAID = 100_000;

/** Returns bytes by name and mark. All run at once, since time does not affect their memory. */
export async function grown(contestants, { say }) {
  const cores = cpus().length;
  const held = await Promise.all(
    contestants.map((contestant, at) => growth(contestant, at % cores, say)),
  );
  return { marks: MARKS, held: new Map(contestants.map(({ name }, at) => [name, held[at]])) };
}

async function growth(contestant, core, say) {
  const worker = await launch(contestant, core);
  const load = await Load.open(worker.port);
  const held = [];
  const readings = [];
  for (let sent = 0; sent < MARKS.at(-1); ) {
    await load.run(requests(SCENARIOS.accepted, SLICE), 202);
    sent += SLICE;
    readings.push(worker.rss());
    if (sent % SAID === 0) say(`${contestant.name}: ${sent} requests, ${readings.at(-1)} bytes`);
    if (MARKS.includes(sent)) held.push(median(readings.slice(-READINGS)));
  }
  load.close();
  await worker.stop();
  return held;
}
