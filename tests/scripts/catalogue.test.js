// The folders of `providers/` are complete, and what is generated from them is theirs.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { parse } from "smol-toml";
import { generated, written } from "../../scripts/docs.js";
import { PROVIDERS, catalogue, names, samples } from "../../scripts/lib/catalogue.js";
import { canBeSent, sampleOf, signedHeaders } from "../../scripts/lib/sample.js";
import {
  inputs,
  weight,
  writeConsoleCatalogue,
  writeDefinitions,
  writeDeliveries,
  writeModules,
} from "../../scripts/lib/tables.js";
import { inRoot } from "../../scripts/setup.js";
import { makeFolder, removeFolders } from "./project.js";

after(removeFolders);

const MIN_DELIVERIES = 3;
const all = catalogue();

for (const { name } of all) {
  describe(name, () => {
    const at = (...path) => join(PROVIDERS, name, ...path);

    test("has its notes, its cases, and enough deliveries", () => {
      for (const file of ["README.md", "events.json"]) assert.ok(existsSync(at(file)), file);
      assert.ok(
        ["words.json", "corpus.json"].some((file) => existsSync(at(file))),
        "words.json",
      );
      assert.ok(readdirSync(at("deliveries")).length >= MIN_DELIVERIES);
    });

    test("shows accounts that it can have", () => {
      const { definition } = all.find((one) => one.name === name);
      const accounts = accountsIn(readFileSync(at("README.md"), "utf8"));
      assert.ok(accounts.length > 0);
      for (const account of accounts)
        assert.deepEqual([account.provider, wrongIn(account, definition)], [name, []]);
    });

    test("posts captured deliveries to the first account that it shows", () => {
      const page = readFileSync(inRoot(`docs/providers/${name}.md`), "utf8");
      const [account, source] = page.match(/^ *([a-z0-9-]+) = \{ provider = .*$/m);
      const command = page.match(/--file delivery\.http \\\n *--url (\S+)(.*)$/m);
      if (command === null) return;
      const [, url, options] = command;
      assert.equal(url, `https://HOST/hooks/${source}`);
      for (const [, variable] of options.matchAll(/-env (\w+)/g))
        assert.ok(account.includes(`"${variable}"`), variable);
    });

    test("has an event, or null, for each delivery, and a delivery for each", () => {
      const { deliveries } = JSON.parse(readFileSync(at("events.json"), "utf8"));
      assert.deepEqual(
        Object.keys(deliveries)
          .map((title) => `${title}.http`)
          .sort(),
        readdirSync(at("deliveries")).sort(),
      );
      for (const [title, { now, event }] of Object.entries(deliveries)) {
        assert.ok(Number.isInteger(now), title);
        assert.equal(typeof event, "object", title);
      }
    });

    test("has deliveries that can be sent, without what proves them", async () => {
      const { deliveries, secret } = await samples(name);
      const { definition } = all.find((one) => one.name === name);
      const made = deliveries.map((delivery) => sampleOf(definition, delivery)).filter(Boolean);
      assert.ok(made.length >= (canBeSent(definition) ? MIN_DELIVERIES : 0));
      const { signature } = [definition.scheme].flat()[0];
      const signed = Object.keys(signedHeaders(definition, deliveries));
      for (const sample of made) {
        const headers = Object.keys(sample.headers);
        assert.ok(!headers.includes(signature?.header), sample.name);
        for (const header of signed) assert.ok(headers.includes(header), sample.name);
        assert.ok(secret === undefined || !JSON.stringify(sample).includes(secret), sample.name);
      }
    });
  });
}

/** Returns the sources of the TOML in a text that name a provider. */
function accountsIn(text) {
  const blocks = [...text.matchAll(/^( *)```toml\n(.*?)^ *```$/gms)];
  return blocks.flatMap(([, indent, block]) => {
    const lines = block.split("\n").map((line) => line.slice(indent.length));
    // One block may show several ways to write the same account.
    const sources = lines.filter((line) => /^[a-z0-9-]+ = \{ provider/.test(line));
    return sources.flatMap((line) => Object.values(parse(line)));
  });
}

/** Returns what an account lacks, or has too much, for its scheme. */
function wrongIn(account, definition) {
  const schemes = [definition.scheme].flat();
  const scheme = schemes.find(({ name }) => name === account.scheme) ?? schemes[0];
  const signs = scheme.signs ?? [];
  const keys = ["public-key", "http-signature"].includes(scheme.type);
  const isToken = scheme.type === "url-token";
  const needs = {
    scheme: account.scheme === undefined || account.scheme === scheme.name,
    secrets: isToken === (account.secrets === undefined) || (keys && account.jwks !== undefined),
    token: !isToken || account.token !== undefined,
    url: !["url", "path"].some((part) => signs.includes(part)) || account.url !== undefined,
    token_header: account.token_header === undefined || scheme.token?.chosen === true,
  };
  return Object.keys(needs).filter((key) => !needs[key]);
}

/** Makes a folder of providers with these definitions. */
function folderOf(definitions) {
  const folder = makeFolder();
  for (const [name, text] of Object.entries(definitions)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "provider.toml"), text);
  }
  return folder;
}

describe("a definition", () => {
  test("is minimal JSON, with numbers", () => {
    const folder = folderOf({
      acme: "[scheme.age]\nwithin = 300 # seconds\n[order]\nid = '/id'\n",
    });
    assert.deepEqual(catalogue(folder), [
      {
        name: "acme",
        definition: { scheme: { age: { within: 300 } }, order: { id: "/id" } },
        json: '{"scheme":{"age":{"within":300}},"order":{"id":"/id"}}',
      },
    ]);
  });

  for (const [what, text, said] of [
    ["no TOML", "a = 1\nb = \n", /acme\/provider\.toml:2:\d+: .*invalid value$/],
    [
      "a date",
      "[event]\ntime = [1, 2024-11-14]",
      /toml: event\.time\[1\]: a definition has no dates/,
    ],
    ["a number that JSON lacks", "[age]\nwithin = inf", /toml: age\.within: not a number/],
    ["a number that is not exact", "a = 12345678901234567890", /toml:1:5: /],
  ]) {
    test(`that is or has ${what} stops the build`, () => {
      assert.throws(() => catalogue(folderOf({ acme: text })), { name: "Error", message: said });
    });
  }

  test("stands in a folder with a provider's name", () => {
    for (const name of ["Acme", "a_b", "a".repeat(33)])
      assert.throws(() => catalogue(folderOf({ [name]: "" })), /a provider's name is 1 to 32/);
    const folder = folderOf({ b: "", a: "" });
    writeFileSync(join(folder, "README.md"), "");
    mkdirSync(join(folder, "no definition"));
    assert.deepEqual(names(folder), ["a", "b"]);
  });
});

describe("what is generated", () => {
  const out = makeFolder();
  const load = async (name) => import(pathToFileURL(join(out, name)).href);

  test("holds every definition as a text", async () => {
    writeDefinitions(out);
    const { definitions } = await load("providers.js");
    const expected = Object.fromEntries(all.map(({ name, json }) => [name, json]));
    assert.deepEqual(definitions, expected);
  });

  test("is a module for each provider", async () => {
    writeModules(out);
    for (const { name, json } of all)
      assert.deepEqual((await load(`providers/${name}.js`)).default, { name, ...JSON.parse(json) });
    assert.deepEqual(
      readdirSync(join(out, "providers")),
      all.map(({ name }) => `${name}.js`),
    );
  });

  test("keeps quotes and backslashes", async () => {
    const folder = folderOf({ odd: String.raw`a = "it's \"\\ \n"` });
    const odd = makeFolder();
    writeDefinitions(odd, folder);
    const { definitions } = await import(pathToFileURL(join(odd, "providers.js")).href);
    assert.deepEqual(JSON.parse(definitions.odd), { a: "it's \"\\ \n" });
  });

  test("has the deliveries of each provider", async () => {
    await writeDeliveries(out);
    const { deliveries } = await load("deliveries.js");
    assert.deepEqual(Object.keys(deliveries), names());
    assert.equal(deliveries.wakilni.samples[0].name, "order-created");
    assert.deepEqual(deliveries["standard-webhooks"].signed, { "webhook-id": "msg_example_0001" });
  });

  test("has each provider for the console, as text", () => {
    writeConsoleCatalogue(out);
    const { providers } = JSON.parse(readFileSync(join(out, "providers.json"), "utf8"));
    assert.deepEqual(
      providers.map(({ name }) => name),
      names(),
    );
    for (const provider of providers) {
      assert.ok(provider.title.length > 0 && provider.after_an_outage.length > 0, provider.name);
      assert.match(provider.set_up, new RegExp(`provider = "${provider.name}"`));
      assert.doesNotMatch(JSON.stringify(provider), /```|\]\(/, provider.name);
    }
  });

  test("depends on every definition, and on every delivery where they matter", () => {
    assert.deepEqual(
      inputs("definitions"),
      names().map((name) => `providers/${name}/provider.toml`),
    );
    assert.ok(inputs("deliveries").includes("providers/wakilni/deliveries"));
  });

  test("is weighed", () => {
    assert.match(weight(), /^\d+ definitions: \d+ bytes each as JSON, \d+ with gzip -9 of 600/);
  });

  test("is written into the pages, the READMEs, the types and the form for bugs", () => {
    const read = (file) => readFileSync(inRoot(file), "utf8");
    for (const [file, text] of generated(read))
      assert.ok(text === read(file), `run \`npm run docs\`: ${file}`);
    assert.throws(
      () => written("README.md", all, () => ""),
      /README\.md lacks "<!-- providers -->"/,
    );
  });
});
