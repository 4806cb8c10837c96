// What the benches of Workers write into RESULTS.md.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, loadavg, release, type } from "node:os";

const RESULTS = new URL("./RESULTS.md", import.meta.url);
const read = (url) => readFileSync(url, "utf8");

export const loadNow = () => loadavg()[0];

/** Describes the machine. `load` was its load before the bench began; `peers` are packages of `benches/peers` in use. */
export function machine(load, peers = []) {
  const [{ model }, ...more] = cpus();
  const version = (path) =>
    JSON.parse(read(new URL(`${path}/package.json`, import.meta.url))).version;
  const versions = [
    `workerd ${version("../node_modules/workerd")}`,
    ...peers.map((name) => `${name} ${version(`./peers/node_modules/${name}`)}`),
  ];
  return [
    `- ${model.trim()}, ${more.length + 1} cores; ${type()} ${release()}, ${arch()}; load ${load.toFixed(1)} before it began`,
    `- ${versions.join(", ")}`,
  ].join("\n");
}

/** Writes the text into the command's section. */
export function record(command, text) {
  const section = new RegExp(`(<!-- ${command} -->\\n).*?(\\n<!-- end -->)`, "s");
  assert.match(read(RESULTS), section);
  writeFileSync(
    RESULTS,
    read(RESULTS).replace(section, (_, begin, end) => `${begin}${text}${end}`),
  );
}
