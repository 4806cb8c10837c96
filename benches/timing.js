// `npm run bench -- timing --wasm`: whether the time of a refusal shows how much of a tag or token was right, in
// WebAssembly. The method is dudect's (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?", 2017), as in
// timing.rs. A method that cannot find a leak proves nothing, so controls that leak are measured too. With RELEASE=1,
// all is measured up to three times until each control is caught, and a control that is not caught fails the bench. A refusal that
// leaks in two processes fails it in any case. With --suspects, it prints the refusals that seem to leak as JSON.
import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, release, type } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import binaryen from "binaryen";
import { SEED, whole } from "../tests/worker/faults/seed.js";
import { TIMING } from "./options.js";
import { confirmed, measuredAgain, suspectsOf } from "./timing/again.js";
import { overHttp, REQUESTS } from "./timing/http.js";
import { inNode } from "./timing/node.js";
import { REFUSALS } from "./timing/refusals.js";
import { isMissed, report, summary } from "./timing/report.js";
import { verdict } from "./timing/verdict.js";
import { inWorkerd } from "./timing/workerd.js";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => readFileSync(file(path), "utf8");
const say = (text) => process.stderr.write(`${text}\n`);

/** The samples of a batch, and the time that it takes at most on a busy machine. */
const BATCHES = {
  Node: { samples: 60_000, milliseconds: 2_000 },
  workerd: { samples: 1_900, milliseconds: 6_000 },
  HTTP: { samples: 4_000, milliseconds: 3_000 },
};
const WARM_MS = 400;

/** The bytes of the comparison that leaks. */
function comparison() {
  const module = binaryen.parseText(read("timing/compare.wat"));
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** The maximum number of measurements of a place: other programs can spoil a measurement. */
const MAX_TRIES = process.env.RELEASE ? 3 : 1;

/** Measures refusals in a place and stops the place. All warm up first, since later compilation would disturb others. */
async function measured(name, place, refusals) {
  say(`${name} …`);
  try {
    const measures = refusals.map((refusal) => place.measures(refusal));
    const batch = (at, number, more) =>
      measures[at]({ ...BATCHES[name], ...more, seed: whole(1, 2 ** 32 - 1, name, at, number) });
    for (const at of refusals.keys()) await batch(at, "warm", { milliseconds: WARM_MS });
    let found = [];
    for (let nth = 0; nth < MAX_TRIES && (nth === 0 || found.some(isMissed)); nth++) {
      if (nth > 0) say(`${name}, again: a control was not caught …`);
      found = [];
      for (const [at, { name: what, isControl = false }] of refusals.entries()) {
        const times = await verdict((number) => batch(at, `${nth}.${number}`));
        found.push({ name: what, isControl, ...times });
      }
    }
    return { step: place.step, found };
  } finally {
    await place.stop();
  }
}

function machine(load) {
  const [{ model }, ...more] = cpus();
  const version = (path) => JSON.parse(read(`${path}/package.json`)).version;
  return [
    `- ${model.trim()}, ${more.length + 1} cores; ${type()} ${release()}, ${arch()}; load ${load.toFixed(1)} at the start`,
    `- Node ${process.versions.node}, workerd ${version("../node_modules/workerd")}, orderhook ${version("../pkg")}`,
  ].join("\n");
}

/** Measures everything in each place. */
async function measuredPlaces() {
  const compare = comparison();
  return {
    node: await measured("Node", inNode(compare), REFUSALS),
    workerd: await measured("workerd", await inWorkerd(compare), REFUSALS),
    http: await measured("HTTP", await overHttp(file("../build")), REQUESTS),
  };
}

async function reported(load) {
  let places = await measuredPlaces();
  const suspects = suspectsOf(places);
  if (suspects.length > 0) {
    say(`${suspects.length} of the refusals seem to leak. Again, in another process …`);
    places = confirmed(places, await measuredAgain(file("timing.js")));
  }
  const mustBeMeasured = Boolean(process.env.RELEASE);
  const found = Object.values(places).flatMap((place) => place.found);
  const { failed, text } = summary(found, { mustBeMeasured });
  console.log(`${report({ machine: machine(load), seed: SEED, ...places })}\n\n${text}`);
  if (failed) process.exitCode = 1;
}

const { values } = parseArgs({ options: { ...TIMING, suspects: { type: "boolean" } } });
if (values.suspects) {
  say(`SEED=${SEED}`);
  console.log(JSON.stringify(suspectsOf(await measuredPlaces())));
} else {
  await reported(loadavg()[0]);
}
