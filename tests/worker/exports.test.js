// The module's exports: the handler of requests, and nothing that other Workers can call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { COMPATIBILITY_DATE, builtModules, start } from "../support/workerd.js";

const PROBE = `
import * as entry from "./entry.js";
import * as glue from "./index.js";
import wasm from "./index_bg.wasm";
const names = (object) => Object.getOwnPropertyNames(object);

export default {
  async fetch(request, { ORDERHOOK, CONTROL }) {
    const { method, on } = await request.json();
    if (method === undefined) {
      return Response.json({
        exports: names(entry),
        handlers: names(entry.default),
        prototypeIsPlain: Object.getPrototypeOf(entry.default) === Object.prototype,
        glue: names(glue),
        wasm: WebAssembly.Module.exports(wasm).map(({ name }) => name),
      });
    }
    try {
      await (on === "control" ? CONTROL : ORDERHOOK)[method]();
      return Response.json("called");
    } catch (error) {
      return Response.json("refused: " + error.message);
    }
  },
};`;

const CONTROL = `
import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint { offered() { return 1; } }`;

const worker = (name, mainModule, modules, env) => ({
  config: { name, compatibilityDate: COMPATIBILITY_DATE, manifest: { mainModule, modules }, env },
});

let orderhook;
let ask;
before(async () => {
  orderhook = await start({
    workers: [
      worker(
        "probe",
        "probe.js",
        { "probe.js": { type: "esm", contents: PROBE }, ...builtModules() },
        {
          ORDERHOOK: { type: "worker", worker: "orderhook" },
          CONTROL: { type: "worker", worker: "control" },
        },
      ),
      worker("control", "control.js", { "control.js": { type: "esm", contents: CONTROL } }, {}),
    ],
  });
  const probe = await orderhook.worker("probe");
  ask = async (question) =>
    (await probe.fetch("http://probe/", { method: "POST", body: JSON.stringify(question) })).json();
});
after(() => orderhook.stop());

test("the module exports a plain object with fetch, the class of its Durable Objects, and nothing else", async () => {
  const { exports, handlers, prototypeIsPlain } = await ask({});
  assert.deepEqual(exports.sort(), ["Claims", "default"]);
  assert.deepEqual(handlers, ["fetch"]);
  assert.equal(prototypeIsPlain, true);
});

test("its warm-up does not fail", async () => {
  // Whatever the start logs comes before the first answer.
  assert.equal((await orderhook.get("/healthz")).status, 200);
  assert.deepEqual(
    orderhook.lines().filter(({ at }) => at === "warm_up"),
    [],
  );
});

test("another Worker can call none of its functions", async () => {
  const { glue, wasm } = await ask({});
  assert.ok(
    wasm.includes("fetch") && wasm.includes("memory"),
    "the probe sees what the wasm exports",
  );
  assert.equal(
    await ask({ method: "offered", on: "control" }),
    "called",
    "the probe can call what is offered",
  );

  const handlers = ["fetch", "connect", "constructor"];
  const ours = [
    "verify",
    "sign",
    "normalize",
    "receive",
    "explain",
    "scheduled",
    "tail",
    "trace",
    "email",
    "alarm",
    "webSocketMessage",
  ];
  const methods = new Set([...glue, ...wasm, ...ours].filter((name) => !handlers.includes(name)));
  assert.ok(methods.size > 20, `${methods.size}`);
  for (const method of methods) assert.match(await ask({ method }), /^refused: /, method);
});
