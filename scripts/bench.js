// `npm run bench`: what a delivery costs on this machine.
//
//   npm run bench                       all of these
//   npm run bench -- core [filter]      the core; what follows goes to the benchmark
//   npm run bench -- timing             whether the time of a refusal tells what was right of it; fails where it does
//   npm run bench -- package            the npm package beside its peers, into benches/RESULTS.md
//   npm run bench -- package --quick    the same in 40 seconds, and only to look at
//   npm run bench -- package --package DIR
//                                       another build of the package, and only to look at
//   npm run bench:worker                the Worker beside its peers, into benches/RESULTS.md; the same as `bench -- worker`
//   npm run bench:worker -- --quick     the same in a minute, and only to look at
//   npm run bench:worker -- --build DIR another build of the Worker, and only to look at
//   npm run bench:worker -- --only accepted,bad-tag
//                                       some of the scenarios, and only to look at
//   npm run bench:worker -- --memory    what it holds after a million requests, in place of that
import { buildPackage, buildWorker } from "./build.js";
import { main, run, Stop } from "./command.js";
import { environment, inRoot, node22, root, setUp } from "./setup.js";

const BENCHES = { core: (filter) => ofCore("core", filter), timing: () => ofCore("timing", []), package: npmPackage, worker };

async function ofCore(bench, options) {
  await setUp();
  await run("cargo", ["bench", "-p", "orderhook-core", "--bench", bench, "--", ...options], { cwd: root, env: environment() });
}

async function npmPackage(options) {
  await setUp({ more: ["peers"] });
  if (!options.includes("--package")) await buildPackage({ quiet: true });
  await run(node22(), [inRoot("benches/package.js"), ...options], { cwd: root, env: environment(), what: "the package's bench" });
}

async function worker(options) {
  await setUp({ more: ["peers"] });
  if (!options.some((option) => option.startsWith("--build"))) await buildWorker();
  await run(node22(), [inRoot("benches/worker.js"), ...options], { cwd: root, env: environment(), what: "the Worker's bench" });
}

await main(import.meta.url, async ([name, ...rest]) => {
  if (name === undefined) for (const bench of Object.values(BENCHES)) await bench([]);
  else if (Object.hasOwn(BENCHES, name)) await BENCHES[name](rest);
  else throw new Stop(`There is no bench "${name}": there are ${Object.keys(BENCHES).join(", ")}.`);
});
