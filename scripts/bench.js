// `npm run bench`: what a delivery costs on this machine.
//
//   npm run bench                       both of these
//   npm run bench -- core [filter]      the core; what follows goes to the benchmark
//   npm run bench -- package            the npm package beside its peers, into benches/RESULTS.md
//   npm run bench -- package --quick    the same in 40 seconds, and only to look at
//   npm run bench -- package --package DIR
//                                       another build of the package, and only to look at
import { buildPackage } from "./build.js";
import { main, run, Stop } from "./command.js";
import { environment, inRoot, node22, root, setUp } from "./setup.js";

const BENCHES = { core, package: npmPackage };

async function core(filter) {
  await setUp();
  await run("cargo", ["bench", "-p", "orderhook-core", "--benches", "--", ...filter], { cwd: root, env: environment() });
}

async function npmPackage(options) {
  await setUp({ more: ["peers"] });
  if (!options.includes("--package")) await buildPackage({ quiet: true });
  await run(node22(), [inRoot("benches/package.js"), ...options], { cwd: root, env: environment(), what: "the package's bench" });
}

await main(import.meta.url, async ([name, ...rest]) => {
  if (name === undefined) for (const bench of Object.values(BENCHES)) await bench([]);
  else if (Object.hasOwn(BENCHES, name)) await BENCHES[name](rest);
  else throw new Stop(`There is no bench "${name}": there are ${Object.keys(BENCHES).join(" and ")}.`);
});
