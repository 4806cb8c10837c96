// `npm run api`: records what users of the npm package and readers of events rely on, in
// pkg/api.txt and pkg/event.schema.txt.
//
//   npm run api               writes the records anew
//   npm run api -- --check    fails if the package or the schema differs from its record
//
// It needs the package's build.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { names } from "./lib/catalogue.js";
import { COMMANDS, optionsOf } from "./lib/cli.js";
import { main, say, Stop } from "./lib/command.js";
import { declarationsIn } from "./lib/declarations.js";
import { inRoot } from "./setup.js";

const read = (path) => readFileSync(inRoot(path), "utf8");

/** Each record, and the facts that it holds. */
const RECORDS = { "pkg/api.txt": apiFacts, "pkg/event.schema.txt": schemaFacts };

async function apiFacts() {
  return [
    ...(await entryFacts()),
    ...(await commandFacts()),
    ...declarationsIn(read("pkg/index.d.ts")),
    ...declarationsIn(read("pkg/provider.d.ts")),
  ];
}

/** Returns a line for each export of each entry, and for each file that can be imported. */
async function entryFacts() {
  const { exports, bin } = JSON.parse(read("pkg/package.json"));
  const { types, ...entries } = exports["."];
  const exported = await Promise.all(
    Object.entries(entries).map(async ([condition, file]) =>
      (await exportsOf(file)).map((name) => `orderhook, ${condition}: ${name}`),
    ),
  );
  const paths = Object.keys(exports).filter((path) => path !== ".");
  const files = paths.flatMap((path) =>
    path.includes("*") ? names().map((name) => path.replace("*", name)) : [path],
  );
  return [
    ...exported.flat(),
    ...files.map((path) => path.replace(".", "orderhook")),
    ...Object.keys(bin).map((command) => `command ${command}`),
  ];
}

/** Returns the names that a file of the package exports, those that it passes on among them. */
async function exportsOf(file) {
  const { metafile } = await build({
    entryPoints: [inRoot("pkg", file)],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    external: ["*.wasm"],
    outdir: "out",
    logLevel: "error",
  });
  const [entry] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint);
  return entry.exports.sort();
}

async function commandFacts() {
  const lists = await Promise.all(
    COMMANDS.map(async (command) =>
      Object.entries(await optionsOf(command)).map(
        ([name, { type }]) =>
          `orderhook ${command} --${name}${type === "string" ? " <value>" : ""}`,
      ),
    ),
  );
  return lists.flat();
}

/** The members of a schema that only explain. */
const EXPLAINING = ["title", "description", "$comment"];

function schemaFacts() {
  return factsIn(JSON.parse(read("pkg/event.schema.json")), "#");
}

/**
 * Returns a line for each value in a schema: its path, and the value. The place of a word in a list
 * does not matter.
 */
function factsIn(schema, path) {
  const isWords = Array.isArray(schema) && schema.every((word) => Object(word) !== word);
  if (isWords) return schema.map((word) => `${path}: ${JSON.stringify(word)}`);
  if (Object(schema) !== schema) return [`${path}: ${JSON.stringify(schema)}`];
  return Object.entries(schema)
    .filter(([key, value]) => !EXPLAINING.includes(key) || Object(value) === value)
    .flatMap(([key, value]) => factsIn(value, `${path}/${key}`));
}

/** Returns the record of each file as it should be. */
export async function records() {
  const texts = new Map();
  for (const [file, facts] of Object.entries(RECORDS))
    texts.set(file, `${(await facts()).join("\n")}\n`);
  return texts;
}

/**
 * Returns what differs between a record and what is there now, and what to do; an empty text if
 * nothing does.
 */
export function difference(file, recorded, now) {
  const [before, after] = [recorded, now].map((text) => text.trimEnd().split("\n"));
  const only = (lines, others) => {
    const known = new Set(others);
    return lines.filter((line) => !known.has(line));
  };
  const gone = only(before, after);
  const added = only(after, before);
  if (gone.length + added.length === 0) return "";
  return [
    ...(gone.length > 0 ? [`Removed or changed since ${file} was recorded:`] : []),
    ...gone.map((line) => `  - ${line}`),
    ...(added.length > 0 ? [`Not in ${file}:`] : []),
    ...added.map((line) => `  + ${line}`),
    "Users rely on this. If you mean to change it, run `npm run api`, commit the record, and " +
      "write the change into CHANGELOG.md.",
  ].join("\n");
}

await main(import.meta.url, async ([option]) => {
  for (const [file, text] of await records()) {
    const found = option === "--check" ? difference(file, read(file), text) : "";
    if (found) throw new Stop(found);
    if (option !== "--check") writeFileSync(inRoot(file), text);
  }
  say(`${option === "--check" ? "Up to date" : "Written"}: ${Object.keys(RECORDS).join(", ")}`);
});
