// `npm run bench`: what a delivery costs in the core, on this machine. What follows `--` goes to the benchmark: npm run
// bench -- wakilni
import { main, run } from "./command.js";
import { environment, root, setUp } from "./setup.js";

await main(import.meta.url, async (args) => {
  await setUp();
  await run("cargo", ["bench", "-p", "orderhook-core", "--benches", "--", ...args], { cwd: root, env: environment() });
});
