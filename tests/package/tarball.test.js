// The package as it is published: packed, installed into a project of its own, and used there.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { names } from "../../scripts/lib/catalogue.js";
import { runInNode } from "../consumers/process.js";
import { makeProject } from "../consumers/project.js";
import { corpus } from "../support/corpus.js";
import { standardWebhooks } from "../support/sign.js";

let consumer;
let project;
before(() => {
  consumer = makeProject("tarball");
  project = consumer.folder;
  consumer.addCorpus();
});
after(() => consumer?.remove());

/** Runs a program in the project, and returns the value that it prints. */
function run(name, source) {
  writeFileSync(join(project, name), source);
  return runInNode(process.execPath, consumer, name);
}

test("the parts that a browser gets, before it is loaded and after", async () => {
  const source = `import { readFileSync } from "node:fs";
    import * as orderhook from "./node_modules/orderhook/web.js";
    import { answer } from "./answers.js";
    const corpus = JSON.parse(readFileSync("./corpus.json", "utf8"));
    const codes = [];
    for (const work of [
      () => orderhook.verify({ ...corpus[0], secrets: "s" }),
      () => orderhook.providers(),
      () => new orderhook.Verifier({ provider: "up42" }),
    ]) {
      try { work(); } catch (error) { codes.push(error.code); }
    }
    await orderhook.init("data:,").catch(({ name }) => codes.push(name));
    await orderhook.init(readFileSync("./node_modules/orderhook/dist/orderhook_bg.wasm"));
    console.log(JSON.stringify({ codes, answers: corpus.map((one) => answer(orderhook, one)) }));`;
  const codes = ["not_initialized", "not_initialized", "not_initialized", "CompileError"];
  assert.deepEqual(await run("browser.mjs", source), {
    codes,
    answers: corpus.map(({ expect }) => expect),
  });
});

test("a bundle for browsers without init says what is missing", async () => {
  writeFileSync(
    join(project, "early.js"),
    `import { providers } from "orderhook";
    let code;
    try { providers(); } catch (error) { code = error.code; }
    console.log(JSON.stringify({ code }));`,
  );
  const [entry, outfile] = ["early.js", "bundle.mjs"].map((name) => join(project, name));
  await build({ entryPoints: [entry], outfile, bundle: true, format: "esm", logLevel: "error" });
  const { code } = await runInNode(process.execPath, consumer, "bundle.mjs");
  assert.equal(code, "not_initialized");
});

test("a header in a browser is text: a typed value has no bytes", async () => {
  const id = "msg_\u00e9";
  const body = "{}";
  const given = {
    provider: "standard-webhooks",
    secrets: "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=",
    body,
  };
  const source = `import { readFileSync } from "node:fs";
    import { init, receive } from "./node_modules/orderhook/web.js";
    await init(readFileSync("./node_modules/orderhook/dist/orderhook_bg.wasm"));
    console.log(JSON.stringify(receive(${JSON.stringify({ ...given, headers: standardWebhooks(given.secrets, body, { id }) })})));`;
  const { data } = await run("text.mjs", source);
  assert.equal(data.authenticity, "body_signed");
});

test("the README's example", async () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [, example] = readme.match(/<!-- package\.js -->\n```js\n(.*?)```/s);
  writeFileSync(join(project, "package.js"), example);
  const source = `import { take } from "./package.js";
    import { sign } from "orderhook";
    const body = '{"event_id":"e-1","event":"Order Completed","data":{"order_id":1}}';
    const headers = sign({ provider: "wakilni", secret: "s", body });
    const codeOf = (secret) => { try { take(headers, body, secret); } catch ({ code }) { return code; } };
    console.log(JSON.stringify([take(headers, body, "s").data.status.now, codeOf("t"), codeOf()]));`;
  const said = ["delivered", "signature_mismatch", "source_not_configured"];
  assert.deepEqual(await run("readme.mjs", source), said);
});

const FOLDERS = [
  ...["cli", "cli/cloudflare", "cli/dead-letters", "cli/dispatch", "cli/up42"],
  ...["dist", "dist/providers", "lib"],
];

test("it holds the files that a consumer needs, and nothing else", () => {
  const installed = join(project, "node_modules/orderhook");
  const files = readdirSync(installed, { recursive: true })
    .map((name) => String(name).replace(/^dist\/node-\w+\.js$/, "dist/node-*.js"))
    .filter((name) => !FOLDERS.includes(name));
  assert.deepEqual([...new Set(files)].sort(), [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "cli/address.js",
    "cli/ask.js",
    "cli/check.js",
    "cli/cloudflare/api.js",
    "cli/cloudflare/login.js",
    "cli/cloudflare/secrets.js",
    "cli/command.js",
    "cli/connect.js",
    "cli/dead-letters.js",
    "cli/dead-letters/access.js",
    "cli/dead-letters/api.js",
    "cli/dead-letters/consumer.js",
    "cli/dead-letters/in-dispatch.js",
    "cli/dead-letters/in-queues.js",
    "cli/dead-letters/keeper.js",
    "cli/dead-letters/letter.js",
    "cli/dead-letters/local-api.js",
    "cli/dead-letters/queues.js",
    "cli/dead-letters/report.js",
    "cli/dead-letters/requeue.js",
    "cli/dead-letters/store.js",
    "cli/definition.js",
    "cli/dispatch/access.js",
    "cli/dispatch/api.js",
    "cli/dispatch/filter.js",
    "cli/dispatch/follow.js",
    "cli/endpoints.js",
    "cli/events.js",
    "cli/explain.js",
    "cli/export.js",
    "cli/failure.js",
    "cli/fresh.js",
    "cli/help.js",
    "cli/input.js",
    "cli/options.js",
    "cli/orderhook.js",
    "cli/orders.js",
    "cli/post.js",
    "cli/prepare.js",
    "cli/project.js",
    "cli/proof.js",
    "cli/providers.js",
    "cli/retry-after.js",
    "cli/secrets.js",
    "cli/send.js",
    "cli/sign.js",
    "cli/slug.js",
    "cli/source.js",
    "cli/table.js",
    "cli/unfound.js",
    "cli/up42/api.js",
    "cli/up42/connect.js",
    "cli/up42/login.js",
    "cli/up42/receiver.js",
    "cli/up42/rotate.js",
    "cli/up42/test.js",
    "cli/up42/view.js",
    "cli/verify.js",
    "dist/deliveries.js",
    "dist/explain.js",
    "dist/explain_bg.wasm",
    "dist/node-*.js",
    "dist/node.js",
    "dist/orderhook.js",
    "dist/orderhook_bg.wasm",
    "dist/providers.js",
    ...names().map((name) => `dist/providers/${name}.js`),
    "dist/toml.js",
    "event.schema.json",
    "index.d.ts",
    "lib/account.js",
    "lib/accounts.js",
    "lib/advice.js",
    "lib/api.js",
    "lib/arguments.js",
    "lib/callbacks.js",
    "lib/core.js",
    "lib/crossed.js",
    "lib/definition.js",
    "lib/error.js",
    "lib/event.js",
    "lib/explain.js",
    "lib/header.js",
    "lib/key-set.js",
    "lib/keys.js",
    "lib/memory.js",
    "lib/request.js",
    "lib/settings.js",
    "lib/signature.js",
    "package.json",
    "provider.d.ts",
    "web.js",
    "workerd.js",
  ]);
});

test("a provider alone, for bundlers", async () => {
  const source = `import gooten from "orderhook/providers/gooten";
    import { normalize } from "orderhook";
    const { event } = ${JSON.stringify({ event: { Id: "1", Items: [{ Status: "Shipped" }] } })};
    console.log(JSON.stringify(normalize({ provider: gooten, body: JSON.stringify(event) }).data.status.now));`;
  assert.equal(await run("alone.mjs", source), "shipped");
});
