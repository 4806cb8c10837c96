#!/usr/bin/env node
// `orderhook`, as it is installed into node_modules/.bin.
import { readFileSync } from "node:fs";
import { complain, endUnwritten, fail, perform, print } from "./command.js";
import { meant, wrongUsage } from "./failure.js";
import { COMMANDS, HELP } from "./help.js";

for (const stream of [process.stdout, process.stderr]) stream.on("error", endUnwritten);

const typed = process.argv.slice(2);
const asJson = typed.includes("--json");
// `--json`, the one option that means the same in every command, may come first.
const [name, ...args] = typed[0] === "--json" ? [typed[1], "--json", ...typed.slice(2)] : typed;

const ALL = `There are ${COMMANDS.join(", ")}; orderhook --help says what they do.`;

try {
  await start();
} catch (error) {
  fail(error, asJson);
}

async function start() {
  if (name === undefined && asJson) throw wrongUsage(`Name a command. ${ALL}`);
  if (name === undefined) {
    process.exitCode = 2;
    return complain(HELP.trimEnd());
  }
  if (name === "--version" || name === "-v") return print(`${version()}\n`);
  const asksForHelp = ["help", "--help", "-h"].includes(name);
  const [topic] = args.filter((arg) => arg !== "--json");
  if (asksForHelp && topic === undefined) return print(HELP);
  const command = await load(asksForHelp ? topic : name);
  await perform(command, asksForHelp ? ["--help"] : args);
}

async function load(name) {
  if (COMMANDS.includes(name)) return import(`./${name}.js`);
  throw wrongUsage(`${mistaken(name)} ${ALL}`);
}

function mistaken(name) {
  if (!name.startsWith("-")) return `There is no command "${name}".${meant(name, COMMANDS)}`;
  // Without a value in the same word: it may be a secret.
  const [option] = name.match(/^--[\w-]*|^-\w?/);
  const command = args.find((arg) => COMMANDS.includes(arg));
  return command
    ? `Options come after the command: put ${option} after ${command}.`
    : `There is no option ${option}.`;
}

function version() {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}
