// The package as it is published: packed, installed into a project of its own, and run over the whole corpus in each runtime.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, constants, copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { COMPATIBILITY_DATE } from "../worker/workerd.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const CORPUS = here("../vectors/corpus.json");
const cases = JSON.parse(readFileSync(CORPUS, "utf8")).length;

let project;
before(() => {
  project = mkdtempSync(join(tmpdir(), "orderhook-"));
  const npm = (...args) => execFileSync("npm", args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const [{ filename }] = JSON.parse(npm("pack", here("../../pkg"), "--json"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm("install", "--offline", "--no-audit", "--no-fund", `./${filename}`);
  copyFileSync(here("answers.js"), join(project, "answers.js"));
  copyFileSync(CORPUS, join(project, "corpus.json"));
});
after(() => rmSync(project, { recursive: true, force: true }));

const RUN = `
const { failures } = await import("./answers.js");
const corpus = JSON.parse((await import("node:fs")).readFileSync("./corpus.json", "utf8"));
await orderhook.init();
console.log(JSON.stringify({ cases: corpus.length, failures: failures(orderhook, corpus) }));`;

/** Runs a script of the project's, and gives what it prints. */
function run(node, name, source) {
  writeFileSync(join(project, name), source);
  return JSON.parse(execFileSync(node, [name], { cwd: project, encoding: "utf8" }));
}

/** The Node of the tests, and the one that the machine has. */
function nodes() {
  const known = new Map([[process.version, process.execPath]]);
  for (const folder of process.env.PATH.split(delimiter).filter((folder) => !folder.includes("node_modules"))) {
    const path = join(folder, "node");
    try {
      accessSync(path, constants.X_OK);
      known.set(execFileSync(path, ["--version"], { encoding: "utf8" }).trim(), path);
    } catch {
      // There is none in this folder.
    }
  }
  return known;
}

const EXPECTED = { cases, failures: [] };

for (const [version, node] of nodes()) {
  test(`Node ${version}, import`, () => {
    assert.deepEqual(run(node, "import.mjs", `import * as orderhook from "orderhook";${RUN}`), EXPECTED);
  });

  // Node 20 has it from 20.19 on.
  const requires = execFileSync(node, ["-p", "process.features.require_module"], { encoding: "utf8" }).trim() === "true";
  if (version === process.version) assert.ok(requires);
  if (!requires) continue;
  test(`Node ${version}, require`, () => {
    const source = `const orderhook = require("orderhook");(async () => {${RUN}})();`;
    assert.deepEqual(run(node, "require.cjs", source), EXPECTED);
  });
}

test("what a browser gets, before it is loaded and after", () => {
  const source = `import { readFileSync } from "node:fs";
    import * as orderhook from "./node_modules/orderhook/web.js";
    import { failures } from "./answers.js";
    const corpus = JSON.parse(readFileSync("./corpus.json", "utf8"));
    const codes = [];
    for (const work of [() => orderhook.verify({ ...corpus[0], secrets: "s" }), () => orderhook.providers(), () => new orderhook.Verifier({ provider: "up42" })]) {
      try { work(); } catch (error) { codes.push(error.code); }
    }
    await orderhook.init("data:,").catch(({ name }) => codes.push(name));
    await orderhook.init(readFileSync("./node_modules/orderhook/dist/orderhook_bg.wasm"));
    console.log(JSON.stringify({ codes, cases: corpus.length, failures: failures(orderhook, corpus) }));`;
  const codes = ["not_initialized", "not_initialized", "not_initialized", "CompileError"];
  assert.deepEqual(run(process.execPath, "browser.mjs", source), { codes, ...EXPECTED });
});

test("the README's example", () => {
  const [, example] = readFileSync(here("../../README.md"), "utf8").match(/<!-- package\.js -->\n```js\n([^]*?)```/);
  writeFileSync(join(project, "package.js"), example);
  const source = `import { take } from "./package.js";
    import { sign } from "orderhook";
    const body = '{"event_id":"e-1","event":"Order Completed","data":{"order_id":1}}';
    const headers = sign({ provider: "wakilni", secret: "s", body });
    console.log(JSON.stringify([take(headers, body, "s").data.status.now, take(headers, body, "t")]));`;
  assert.deepEqual(run(process.execPath, "readme.mjs", source), ["delivered", "signature_mismatch"]);
});

test("a Worker in workerd, bundled", async () => {
  writeFileSync(
    join(project, "worker.js"),
    // By name: a bundler leaves out what it thinks nobody needs, and must not leave out the loading.
    `import { WebhookError, init, receive, verify } from "orderhook";
     import { failures } from "./answers.js";
     const orderhook = { WebhookError, init, receive, verify };
     export default {
       async fetch(request) {
         const corpus = await request.json();
         await orderhook.init();
         return Response.json({ cases: corpus.length, failures: failures(orderhook, corpus) });
       },
     };`,
  );
  const { outputFiles } = await build({
    entryPoints: [join(project, "worker.js")],
    outdir: join(project, "out"),
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["workerd", "worker", "import"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    logLevel: "error",
  });
  const modules = Object.fromEntries(
    outputFiles.map(({ path, contents }) => [path.slice(join(project, "out").length + 1), { type: path.endsWith(".wasm") ? "wasm" : "esm", contents }]),
  );
  const config = { name: "consumer", compatibilityDate: COMPATIBILITY_DATE, manifest: { mainModule: "worker.js", modules } };
  const miniflare = new Miniflare({ cf: false, workers: [{ config }] });
  try {
    const response = await miniflare.dispatchFetch("http://consumer/", { method: "POST", body: readFileSync(CORPUS) });
    assert.deepEqual(await response.json(), EXPECTED);
  } finally {
    await miniflare.dispose();
  }
});

test("it holds what a consumer needs, and nothing else", () => {
  const installed = join(project, "node_modules/orderhook");
  const files = readdirSync(installed, { recursive: true }).map(String).filter((name) => !name.endsWith("dist"));
  assert.deepEqual(files.sort(), [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "api.js",
    "call.js",
    "dist/orderhook.js",
    "dist/orderhook_bg.wasm",
    "error.js",
    "event.schema.json",
    "index.d.ts",
    "input.js",
    "node.js",
    "package.json",
    "web.js",
    "workerd.js",
  ]);
});
