// `npm run bench`: measures the cost of a delivery on this machine.
import {
  ACKNOWLEDGE,
  CONSOLE,
  DELIVER,
  DISPATCH,
  numbers,
  PACKAGE,
  TIMING,
  WORKER,
} from "../benches/options.js";
import { buildDispatch, buildPackage, buildWorker } from "./build.js";
import { meant, parse, runTask, wrongUsage } from "./lib/cli.js";
import { main, run } from "./lib/command.js";
import { environment, inRoot, node22, root, setUp } from "./setup.js";

const HELP = `Usage: npm run bench -- [core | timing | package | worker |
                           acknowledge | dispatch | deliver | console] [options]

Measures what a delivery costs on this machine. Without a name, it runs all of
these. package, worker, acknowledge and deliver write their figures into
benches/RESULTS.md. With an option that is marked with *, they only print them.

  core [filter]         the core; what follows goes to the benchmark
  timing                whether the time of a refusal shows how much of a tag or
                        token was right, in native code and in WebAssembly;
                        fails if it does
      --wasm            in WebAssembly alone
  package               the npm package beside its peers
      --quick         * takes 40 seconds, not four minutes
      --package <folder>
                      * measures another build of the package
  worker                the Worker beside its peers; npm run bench:worker is the
                        same
      --quick         * takes a minute, not nine
      --build <folder>
                      * measures another build of the Worker; given again, the
                        others are compared with the first
      --only <a,b>    * measures these scenarios alone
      --first         * measures the start and the first request instead
      --memory          measures instead what the Worker and one by hand hold
                        after a million requests
  acknowledge           how long a provider waits for its answer, with assumed
                        delays of KV and the queue; npm run bench:acknowledge is
                        the same
      --kv-read <ms>  * the median of a read of KV; 15 by default
      --kv-write <ms> * the median of a write of KV; 60 by default
      --queue <ms>    * the median of the queue; 40 by default
      --seed <number>   draws the delays of an earlier run
      --against <folder>
                      * measures another build of the Worker beside it
      --quick         * takes a minute, not seven
  dispatch              events a second into one journal, rows and bytes an
                        event, and the time of each list
      --events <n>      fills the journal up to so many events; 100000 by
                        default
  deliver               deliveries to endpoints: the time from the receiver to
                        an endpoint, also beside one that hangs, the deliveries
                        a second, and what a million events cost
      --quick         * takes a minute, not five
  console               what the console holds in memory while a source streams
                        50 events a second; needs Chromium
      --seconds <n>     how long it streams; 600 by default
      --first           measures instead how long its first view takes, with an
                        empty cache and with a filled one

It ends with 0; with 1 when a bench failed; with 2 when the command is wrong.`;

const BENCHES = {
  core: { measure: (filter) => ofCore("core", filter) },
  timing: { options: TIMING, measure: timing },
  package: { options: PACKAGE, measure: npmPackage },
  worker: { options: WORKER, measure: worker },
  acknowledge: { options: ACKNOWLEDGE, check: numbers, measure: acknowledge },
  dispatch: { options: DISPATCH, check: numbers, measure: dispatch },
  deliver: { options: DELIVER, measure: deliver },
  console: { options: CONSOLE, check: numbers, measure: theConsole },
};

/** Parses the arguments before anything is installed or built: returns each bench with the arguments that are passed to it. */
function understood([name, ...args]) {
  const names = Object.keys(BENCHES);
  if (name === undefined) return names.map((name) => ({ ...BENCHES[name], args: [], values: {} }));
  if (!names.includes(name))
    throw wrongUsage(
      `There is no bench "${name}".${meant(name, names)} There are ${names.join(", ")}.`,
    );
  const bench = BENCHES[name];
  if (!bench.options) return [{ ...bench, args }];
  const { values, positionals } = parse(args, bench.options, "npm run bench --");
  if (positionals.length > 0) throw wrongUsage(`"${name}" takes nothing behind it but options.`);
  try {
    bench.check?.(values);
  } catch (error) {
    throw wrongUsage(error.message);
  }
  return [{ ...bench, args, values }];
}

async function ofCore(bench, options) {
  await setUp();
  await run("cargo", ["bench", "-p", "orderhook-core", "--bench", bench, "--", ...options], {
    cwd: root,
    env: environment(),
  });
}

async function timing(args, { wasm }) {
  if (!wasm) await ofCore("timing", []);
  await setUp();
  await buildWorker();
  await buildPackage({ quiet: true });
  await inNode("timing", args, "the timing bench");
}

async function npmPackage(args, { package: another }) {
  await setUp({ more: ["peers"] });
  if (another === undefined) await buildPackage({ quiet: true });
  await inNode("package", args, "the package's bench");
}

async function worker(args, { build: others }) {
  await setUp({ more: ["peers"] });
  if (others === undefined) await buildWorker();
  await inNode("worker", args, "the Worker's bench");
}

async function acknowledge(args) {
  await setUp();
  await buildWorker();
  await inNode("acknowledge", args, "the bench of the time to the answer");
}

async function dispatch(args) {
  await setUp();
  await buildDispatch();
  await inNode("dispatch", args, "dispatch's bench");
}

async function deliver(args) {
  await setUp({ more: ["peers"] });
  await buildWorker();
  await buildDispatch();
  await inNode("deliver", args, "the bench of deliveries");
}

async function theConsole(args) {
  await setUp();
  await buildDispatch();
  await inNode("console", args, "the console's bench");
}

/** Runs a bench that is written in JavaScript. */
const inNode = (bench, args, what) =>
  run(node22(), [inRoot(`benches/${bench}.js`), ...args], {
    cwd: root,
    env: environment(),
    what,
  });

await main(import.meta.url, (args) =>
  runTask(HELP, args, async () => {
    for (const { measure, args: its, values } of understood(args)) await measure(its, values);
  }),
);
