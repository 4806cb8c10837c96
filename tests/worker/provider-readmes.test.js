// Each line of settings in a provider's README makes a source that takes deliveries.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "smol-toml";
import { PROVIDERS, names } from "../../scripts/lib/catalogue.js";
import { start } from "../support/workerd.js";

/** Returns the settings in a README, each by its line. */
function settingsIn(provider) {
  const readme = readFileSync(join(PROVIDERS, provider, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```toml\n(.*?)```/gs)].map(([, block]) => block);
  const lines = blocks.flatMap((block) => block.split("\n"));
  return lines.filter((line) => /^\s*[a-z0-9-]+ = \{ provider = /.test(line));
}

const SECRET = "0123456789abcdef".repeat(4);

/** Returns the scheme that the settings pick. */
function schemeOf({ provider, scheme }) {
  const { scheme: given } = parse(readFileSync(join(PROVIDERS, provider, "provider.toml"), "utf8"));
  const schemes = [given].flat();
  return scheme === undefined ? schemes[0] : schemes.find(({ name }) => name === scheme);
}

const SOURCES = {};
const LINES = {};
const values = {};
for (const provider of names())
  for (const line of settingsIn(provider)) {
    const filled = line.replaceAll("HOST", "hooks.example").replace("//SHOP/", "//shop.example/");
    const [settings] = Object.values(parse(filled));
    const isBasic = schemeOf(settings).token?.basic === true;
    const renamed = (name) => {
      const own = `${name}_${Object.keys(SOURCES).length}`;
      values[own] = isBasic ? `user:${SECRET}` : SECRET;
      return own;
    };
    const { secrets, token } = settings;
    const source = `readme-${Object.keys(SOURCES).length}`;
    LINES[source] = { provider, line: line.trim() };
    SOURCES[source] = {
      ...settings,
      ...(secrets && { secrets: secrets.map(renamed) }),
      ...(token && { token: renamed(token) }),
    };
  }

let worker;
before(async () => {
  worker = await start({ vars: { SOURCES, DEDUP: "kv" }, secrets: values });
});
after(() => worker.stop());

test("every README has settings that the Worker takes", async () => {
  const { json } = await worker.health();
  for (const [source, { line }] of Object.entries(LINES)) {
    const { ready, problems } = json.sources[source];
    assert.deepEqual([ready, problems], [true, []], line);
  }
  const shown = new Set(Object.values(LINES).map(({ provider }) => provider));
  assert.deepEqual([...shown].sort(), names());
});
