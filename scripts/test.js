// `npm test`: everything that is missing, the build, and every test: the core on this machine and on wasm32, the built
// Worker in the real runtime, and the package. It stops at the first suite that fails.
import { build, buildWorker } from "./build.js";
import { main, run, say, Stop } from "./command.js";
import { environment, inRoot, node22, root } from "./setup.js";

const WASM_TARGET = "wasm32-unknown-unknown";

const SUITES = [
  { name: "core", command: "cargo", args: ["test", "-p", "orderhook-core"], count: countOfCargo },
  {
    name: "wasm",
    command: "cargo",
    args: ["test", "-p", "orderhook-core", "--target", WASM_TARGET],
    count: countOfCargo,
  },
  nodeSuite("worker"),
  nodeSuite("package"),
];

function nodeSuite(name) {
  return {
    name,
    command: "node",
    // Each file has a runtime of its own: more than two at a time are slower on two cores.
    args: ["--test", "--test-concurrency=2", "--test-reporter=spec", `tests/${name}/*.test.js`],
    count: countOfNode,
  };
}

async function runSuite({ name, command, args, count }) {
  say(`\n── ${name}: ${command} ${args.join(" ")}`);
  let text = "";
  const failure = await run(command === "node" ? node22() : command, args, {
    cwd: root,
    env: environment({ CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: inRoot(".tools/bin/wasm-bindgen-test-runner") }),
    what: name,
    take: (line) => (text += line),
  }).then(
    () => undefined,
    (error) => error,
  );
  const counted = count(text);
  const nothing = counted.passed + counted.failed === 0 ? new Stop(`${name}: no test ran`) : undefined;
  return { ...counted, failure: failure ?? nothing };
}

/** Cargo and the runner for wasm end each test program with `test result: ok. 3 passed; 0 failed; …`. */
function countOfCargo(text) {
  return total([...text.matchAll(/^test result: .*?(\d+) passed; (\d+) failed/gm)].map(([, passed, failed]) => [passed, failed]));
}

/** Node ends with one line for each count: `ℹ pass 3`, `ℹ fail 0`, `ℹ cancelled 0`. */
function countOfNode(text) {
  const of = (word) => text.match(new RegExp(`^. ${word} (\\d+)$`, "m"))?.[1] ?? 0;
  return total([
    [of("pass"), of("fail")],
    [0, of("cancelled")],
  ]);
}

function total(pairs) {
  const sum = (index) => pairs.reduce((all, pair) => all + Number(pair[index]), 0);
  return { passed: sum(0), failed: sum(1) };
}

function summarise(results) {
  say("");
  for (const { name, passed, failed } of results) say(`${name.padEnd(8)} ${passed} passed, ${failed} failed`);
  const notRun = SUITES.slice(results.length).map(({ name }) => name);
  if (notRun.length > 0) say(`not run: ${notRun.join(", ")}`);
  const sum = (key) => results.reduce((all, result) => all + result[key], 0);
  const { name, failure } = results.at(-1);
  // A suite that did not compile has no failed test to count; the total does not hide it.
  const failed = failure ? Math.max(sum("failed"), 1) : 0;
  say(`${sum("passed")} passed, ${failed} failed`);
  if (failure) throw new Stop(`The ${name} suite failed: ${failure.message}`);
}

await main(import.meta.url, async () => {
  await build({ more: ["consumers"] });
  await buildWorker({ out: "build-panic", feature: "panic-probe" });
  const results = [];
  for (const suite of SUITES) {
    const result = await runSuite(suite);
    results.push({ name: suite.name, ...result });
    if (result.failure) break;
  }
  summarise(results);
});
