#!/usr/bin/env node
// `orderhook`, as it is installed into node_modules/.bin.
import { readFileSync } from "node:fs";
import { complain, fail, perform, print } from "./command.js";
import { meant, wrongUsage } from "./failure.js";
import { COMMANDS, HELP } from "./help.js";

// What reads this may have seen enough, as `head` has.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

const [name, ...args] = process.argv.slice(2);

try {
  await start();
} catch (error) {
  fail(error, args.includes("--json"));
}

async function start() {
  if (name === undefined) {
    process.exitCode = 2;
    return complain(HELP.trimEnd());
  }
  if (name === "--version" || name === "-v") return print(`${version()}\n`);
  const asksForHelp = ["help", "--help", "-h"].includes(name);
  if (asksForHelp && args.length === 0) return print(HELP);
  const command = await load(asksForHelp ? args[0] : name);
  await perform(command, asksForHelp ? ["--help"] : args);
}

async function load(name) {
  if (!COMMANDS.includes(name)) {
    const what = name.startsWith("-") ? `There is no option ${name}` : `There is no command "${name}"`;
    throw wrongUsage(`${what}.${meant(name, COMMANDS)} There are ${COMMANDS.join(", ")}; orderhook --help says what they do.`);
  }
  return import(`./${name}.js`);
}

function version() {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}
