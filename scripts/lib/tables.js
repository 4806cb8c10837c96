// What is generated from `providers/` for the Worker, for the npm package and for the console.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PROVIDERS, catalogue, names, samples } from "./catalogue.js";
import { inRoot } from "../setup.js";
import { Stop } from "./command.js";
import { profiles } from "./profile.js";
import { consoleCatalogue } from "./provider-pages.js";
import { sampleOf, signedHeaders } from "./sample.js";

/** How many bytes a definition may have on average, where all of them stand in one file that is compressed. */
const BUDGET = 600;

const HEAD = "// Generated from providers/: see scripts/lib/tables.js.\n";

/** Writes the definitions of all providers, as texts by name, to `<out>/providers.js`. */
export function writeDefinitions(out, folder = PROVIDERS) {
  const lines = catalogue(folder).map(({ name, json }) => `  ${quoted(name)}: ${quoted(json)},\n`);
  write(join(out, "providers.js"), `export const definitions = {\n${lines.join("")}};\n`);
}

/** Writes a module for each provider to `<out>/providers/`: its definition, with its name. */
export function writeModules(out, folder = PROVIDERS) {
  rmSync(join(out, "providers"), { recursive: true, force: true });
  mkdirSync(join(out, "providers"), { recursive: true });
  for (const { name, definition } of catalogue(folder))
    write(
      join(out, "providers", `${name}.js`),
      `export default ${JSON.stringify({ name, ...definition })};\n`,
    );
}

/** Writes what `send` can send, by provider, to `<out>/deliveries.js`. */
export async function writeDeliveries(out, folder = PROVIDERS) {
  const all = [];
  for (const { name, definition } of catalogue(folder)) {
    const { deliveries } = await samples(name, folder);
    const signed = signedHeaders(definition, deliveries);
    const made = deliveries.map((delivery) => sampleOf(definition, delivery));
    const lines = made.filter(Boolean).map((sample) => `      ${JSON.stringify(sample)},\n`);
    all.push(
      `  ${quoted(name)}: {\n    signed: ${JSON.stringify(signed)},\n    samples: [\n${lines.join("")}    ],\n  },\n`,
    );
  }
  write(join(out, "deliveries.js"), `export const deliveries = {\n${all.join("")}};\n`);
}

/** Writes what the console shows of each provider to `<out>/providers.json`. */
export function writeConsoleCatalogue(out, folder = PROVIDERS) {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "providers.json"), JSON.stringify(consoleCatalogue(profiles(folder))));
}

/** The files of a provider that each kind of table is generated from. */
const FILES = {
  definitions: ["provider.toml"],
  deliveries: ["provider.toml", "events.json", "deliveries"],
  console: ["provider.toml", "events.json", "README.md"],
};

/** Returns the files in `providers/` that a kind of table is generated from. */
export function inputs(kind) {
  const files = FILES[kind];
  const paths = names().flatMap((name) => files.map((file) => join("providers", name, file)));
  return paths.filter((path) => existsSync(inRoot(path)));
}

const write = (path, text) => writeFileSync(path, HEAD + text);

/** Returns a text as JavaScript writes it, in the quotes that JSON does not use. */
const quoted = (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** Returns what the definitions weigh, as a line; throws a Stop if that is too much. */
export function weight(folder = PROVIDERS) {
  const all = catalogue(folder);
  const texts = all.map(({ json }) => json);
  const bytes = Buffer.byteLength(texts.join(""));
  const packed = gzipSync(texts.join("\n"), { level: 9 }).length;
  const [each, eachPacked] = [bytes, packed].map((sum) => Math.round(sum / all.length));
  const figure = `${all.length} definitions: ${each} bytes each as JSON, ${eachPacked} with gzip -9 of ${BUDGET} allowed`;
  if (eachPacked > BUDGET)
    throw new Stop(`${figure}. Look at what came in: every user of the package loads it.`);
  return figure;
}
