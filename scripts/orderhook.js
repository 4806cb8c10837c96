// `npm run send`, `orders`, `events`, `export`, `endpoints` and `dead-letters`: the package's command in this clone. What `send` needs is built
// first if it is out of date.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { buildPackage } from "./build.js";
import { main } from "./lib/command.js";
import { inRoot, node22, root, setUp } from "./setup.js";

/** Installs and builds the parts that a command needs. Without `send` it is npm's part alone: an operator need not have Rust. */
async function prepare(command) {
  if (command === "send") {
    await setUp();
    await buildPackage({ quiet: true });
  } else if (!existsSync(inRoot("node_modules/smol-toml"))) await setUp();
}

await main(import.meta.url, async (args) => {
  await prepare(args[0]);
  const { status } = spawnSync(node22(), [inRoot("pkg/cli/orderhook.js"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
});
