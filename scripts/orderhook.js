// `npm run send`, `orders`, `events`, `export`, `endpoints`, `connect` and `dead-letters`: the command of the package, in this clone. What
// `send` needs is built first if it is out of date.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { buildPackage } from "./build.js";
import { main } from "./lib/command.js";
import { localProof } from "./lib/local-sources.js";
import { inRoot, node22, root, setUp } from "./setup.js";

/** Installs and builds the parts that a command needs. Without `send` it is npm's part alone: an operator need not have Rust. */
async function prepare(command) {
  if (command === "send") {
    await setUp();
    await buildPackage({ quiet: true });
  } else if (!existsSync(inRoot("node_modules/smol-toml"))) await setUp();
}

/** How options name a receiver or a proof. */
const [URL_OPTION, PROOF] = [/^--url(?:=(.*))?$/, /^--(?:secret|token|source)\b/];

/** Returns what `send` needs for a source of `npm start`; nothing if a proof was given. */
async function added(args) {
  const [command, provider] = args;
  if (command !== "send" || provider === undefined || args.some((arg) => PROOF.test(arg)))
    return { options: [], values: {} };
  const at = args.findIndex((arg) => URL_OPTION.test(arg));
  const url = at < 0 ? "http://localhost:8787" : (args[at].match(URL_OPTION)[1] ?? args[at + 1]);
  return localProof(provider, URL.canParse(url) ? new URL(url).port : "");
}

await main(import.meta.url, async (args) => {
  await prepare(args[0]);
  const { options, values } = await added(args);
  const command = [inRoot("pkg/cli/orderhook.js"), ...args, ...options];
  const { status } = spawnSync(node22(), command, {
    cwd: root,
    env: { ...process.env, ...values },
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
});
