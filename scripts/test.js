// `npm test`: installs missing tools, builds, and runs every test: the core on this machine, on wasm32 in Node and in
// Chromium, the inputs that fuzzing found, the scripts, the built Workers in the real runtime, the package, and the console. Random
// and repeated tests are short here; `.ci/long` runs their full counts.
import { writeFileSync } from "node:fs";
import { CHROMIUM_ARGS, chromedriver, chromium, missing } from "../tests/consumers/chromium.js";
import { build, buildDispatch, buildWorker } from "./build.js";
import { parse, runTask, wrongUsage } from "./lib/cli.js";
import { main, run, say, seconds, Stop } from "./lib/command.js";
import { environment, inRoot, node22, root } from "./setup.js";

const HELP = `Usage: npm test -- [suite ...]

Installs what is missing, builds, and runs every suite, or those that are named:

  core       the core and explain on this machine
  wasm       the same as WebAssembly in Node
  browser    the same as WebAssembly in Chromium
  fuzz       the inputs that fuzzing found
  scripts    the tasks of contributors, and the documents
  worker     the receiver in workerd
  dispatch   dispatch in workerd
  package    the package and the command
  console    the console in Chromium

If a suite fails, the others still run. It ends with 0; with 1 when a test failed;
with 2 when the command is wrong.`;

const WASM_TARGET = "wasm32-unknown-unknown";

const CORE = {
  command: "cargo",
  args: ["test", "-p", "orderhook-core", "-p", "orderhook-explain"],
  count: countOfCargo,
};
/** Arguments that leave out the examples in the documentation: the runner for wasm does not run them. */
const CORE_ON_WASM = { ...CORE, args: [...CORE.args, "--tests", "--target", WASM_TARGET] };

/** The inputs that fuzzing found: on the stable toolchain, without libFuzzer. */
const FOUND = {
  command: "cargo",
  args: [
    ...["test", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target/fuzz"],
    "--no-default-features",
  ],
  count: countOfCargo,
};

/** The arguments of Node that run tests. A file of tests that waits forever fails in the end: the others take two minutes at most. */
const NODE_TEST = ["--test", "--test-concurrency=2", "--test-timeout=900000"];

const SUITES = [
  { name: "core", ...CORE },
  { name: "wasm", ...CORE_ON_WASM },
  {
    name: "browser",
    ...CORE_ON_WASM,
    env: inChromium,
    count: countOfChromium,
    needsBrowser: true,
    opensPages: true,
  },
  { name: "fuzz", ...FOUND },
  nodeSuite("scripts"),
  nodeSuite("worker"),
  nodeSuite("dispatch"),
  { ...nodeSuite("package"), opensPages: true },
  { ...nodeSuite("console"), opensPages: true },
];

function nodeSuite(name) {
  return {
    name,
    command: "node",
    // Each file starts a runtime of its own: more than two at a time are slower on two cores.
    args: [...NODE_TEST, "--test-reporter=spec", `tests/${name}/*.test.js`],
    count: countOfNode,
  };
}

/** The variables that make the test runner for wasm32 run in Chromium. */
function inChromium() {
  const capabilities = { "goog:chromeOptions": { binary: chromium(), args: CHROMIUM_ARGS } };
  const file = inRoot(".tools/webdriver.json");
  writeFileSync(file, JSON.stringify(capabilities));
  return {
    WASM_BINDGEN_USE_BROWSER: "1",
    WASM_BINDGEN_TEST_WEBDRIVER_JSON: file,
    CHROMEDRIVER: chromedriver(),
    // In seconds. A busy machine is not a failure.
    WASM_BINDGEN_TEST_TIMEOUT: "300",
    WASM_BINDGEN_TEST_DRIVER_TIMEOUT: "60",
  };
}

async function runSuite({ name, command, args, count, env = () => ({}) }) {
  say(`\n── ${name}: ${command} ${args.join(" ")}`);
  const began = Date.now();
  let text = "";
  const failure = await run(command === "node" ? node22() : command, args, {
    cwd: root,
    env: environment({
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: inRoot(".tools/bin/wasm-bindgen-test-runner"),
      ...env(),
    }),
    what: name,
    take: (line) => (text += line),
  }).then(
    () => undefined,
    (error) => error,
  );
  const counted = count(text);
  const nothing =
    counted.passed + counted.failed === 0 ? new Stop(`${name}: no test ran`) : undefined;
  return { ...counted, time: seconds(began), failure: failure ?? nothing };
}

/** Counts the tests of cargo and the runner for wasm: each test program ends with `test result: ok. 3 passed; 0 failed; …`. */
function countOfCargo(text) {
  return total(
    [...text.matchAll(/^test result: .*?(\d+) passed; (\d+) failed/gm)].map(
      ([, passed, failed]) => [passed, failed],
    ),
  );
}

/** Counts the tests that ran in Chromium: the runner for wasm may fall back on Node. */
function countOfChromium(text) {
  return countOfCargo(/^Running headless tests in Chrome /m.test(text) ? text : "");
}

/** Counts Node's tests: its output ends with one line for each count: `ℹ pass 3`, `ℹ fail 0`, `ℹ cancelled 0`. */
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

function summarise(results, leavesOut) {
  say("");
  for (const { name, passed, failed, time } of results)
    say(`${name.padEnd(8)} ${passed} passed, ${failed} failed, ${time}`);
  const sum = (key) => results.reduce((all, result) => all + result[key], 0);
  const failures = results.filter(({ failure }) => failure);
  // A suite that did not compile has no failed test to count, so the total must not hide it.
  say(`${sum("passed")} passed, ${Math.max(sum("failed"), failures.length)} failed`);
  if (leavesOut) say(`NOT RUN: browser (${unopened()}): ${missing()}`);
  if (failures.length > 0)
    throw new Stop(
      failures
        .map(({ name, failure }) => `The ${name} suite failed: ${failure.message}`)
        .join("\n"),
    );
  // A line about something left out would be overlooked there.
  if (leavesOut && process.env.CI)
    throw new Stop("In continuous integration nothing may be left out.");
}

/** Names the tests that cannot run without a browser. */
const unopened = () =>
  chromium()
    ? "the core in Chromium"
    : "the core in Chromium, the package in pages, and the console";

/** Returns the suites of these names; all of them without a name. */
function chosen(args) {
  const { positionals: names } = parse(args, {}, "npm test --");
  const unknown = names.find((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown !== undefined)
    throw wrongUsage(
      `There is no suite ${unknown}: there are ${SUITES.map(({ name }) => name).join(", ")}.`,
    );
  return names.length === 0 ? SUITES : SUITES.filter(({ name }) => names.includes(name));
}

async function test(args) {
  const suites = chosen(args);
  await build({ more: ["consumers"] });
  await buildWorker({ out: "build-panic", feature: "panic-probe" });
  await buildDispatch({ out: "build-dispatch-panic", feature: "panic-probe" });
  const results = [];
  for (const suite of suites)
    if (!(suite.needsBrowser && missing()))
      results.push({ name: suite.name, ...(await runSuite(suite)) });
  const leavesOut = suites.some(({ opensPages }) => opensPages) && missing() !== undefined;
  summarise(results, leavesOut);
}

await main(import.meta.url, (args) => runTask(HELP, args, test));
