// The package as checkers of packages and a TypeScript compiler see it, and its types against its exports.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as orderhook from "../../pkg/node.js";
import { makeProject } from "../consumers/project.js";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const types = read("../../pkg/index.d.ts");
const declared = (kinds) =>
  [...types.matchAll(new RegExp(`^export (?:${kinds}) (\\w+)`, "gm"))]
    .map(([, name]) => name)
    .sort();

let project;
before(() => (project = makeProject("types")));
after(() => project?.remove());

/** Runs one of the consumers' tools in the project. Returns its exit code and its output. */
function tool(name, ...args) {
  const path = fileURLToPath(new URL(`../consumers/node_modules/.bin/${name}`, import.meta.url));
  const options = { cwd: project.folder, encoding: "utf8" };
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [path, ...args], options);
  if (error) throw error;
  return { status, text: `${stdout}${stderr}` };
}

/** Runs the TypeScript compiler in the project, without the tsconfig.json above it. */
const tsc = (...args) => tool("tsc", "--ignoreConfig", ...args);

test("publint reports nothing", () => {
  const { status, text } = tool("publint", "--strict", project.tarball);
  assert.deepEqual([status, /All good!/.test(text)], [0, true], text);
});

test("its types resolve wherever an ES module does", () => {
  const { status, text } = tool(
    "attw",
    project.tarball,
    "--profile",
    "esm-only",
    "--no-emoji",
    "--no-color",
  );
  assert.equal(status, 0, text);
});

test("the types declare every export", () => {
  assert.deepEqual(declared("class|function|const"), Object.keys(orderhook).sort());
});

test("their unions of codes are the package's", () => {
  const quoted = (text, pattern) => [...text.matchAll(pattern)].map(([, word]) => word);
  const sources = readdirSync(new URL("../../pkg/lib/", import.meta.url));
  const modules = readdirSync(new URL("../../src/npm/", import.meta.url));
  const thrown = [
    ...modules.filter((name) => name.endsWith(".rs")).map((name) => `../../src/npm/${name}`),
    ...sources.map((name) => `../../pkg/lib/${name}`),
  ]
    .map(read)
    .join("\n");
  const codes = quoted(thrown, /(?:thrown|WebhookError)\(\s*"(\w+)"/g);
  const ownCodes = types.match(/type Code =([^;]*);/)[1];
  // A refusal of the core's may be thrown outside it, too.
  const refusals = quoted(types.match(/type RefusalCode =([^;]*);/)[1], /"(\w+)"/g);
  const others = new Set(codes.filter((code) => !refusals.includes(code)));
  assert.deepEqual(quoted(ownCodes, /"(\w+)"/g).sort(), [...others].sort());

  const reasons = read("../../src/core/event/unrecognized.rs").match(
    /fn code\(&?self\).*?match self \{(.*?)\n {8}\}/s,
  )[1];
  const ownReasons = types.match(/reason: \{ code: ([^;]*);/)[1];
  assert.deepEqual(quoted(ownReasons, /"(\w+)"/g).sort(), quoted(reasons, /"(\w+)"/g).sort());
});

test("their unions of statuses, phases and reasons are the schema's", () => {
  const { $defs } = JSON.parse(read("../../pkg/event.schema.json"));
  const { phase, reason } = $defs.change.properties;
  for (const [name, words] of [
    ["Status", $defs.status.enum],
    ["Phase", phase.enum],
    ["Reason", reason.examples],
  ]) {
    const union = types.match(new RegExp(`type ${name} =([^;]*);`))[1];
    assert.deepEqual(union.match(/\w+/g), words, name);
  }
});

// Every export, by its name.
const names = `
import { ${declared("class|function|const").join(", ")} } from "orderhook";
import type { ${declared("type|interface").join(", ")} } from "orderhook";
export const values = { ${declared("class|function|const").join(", ")} };
export type Types = [${declared("type|interface").join(", ")}];
`;

const uses = `
import { Verifier, WebhookError, explain, init, normalize, providers, receive, receiveRequest, sign, verify } from "orderhook";
import type { Account, AnyProvider, Authenticity, CauseName, Code, Definition, Event, OrderEvent, Provider, Proof, Status, UnrecognizedEvent } from "orderhook";

const body = new TextEncoder().encode("{}");
const account: Account = { provider: "wakilni", secrets: ["s", "t"] as const, source: "shop", utcOffset: "+02:00" };

export async function loads(file: ArrayBuffer): Promise<void> {
  await init();
  await init("/orderhook.wasm");
  await init(new URL("https://shop.example/orderhook.wasm"));
  await init(file);
  await init(await fetch("/orderhook.wasm"));
}

export function proves(request: Request, incoming: Record<string, string | string[] | undefined>): Proof {
  for (const headers of [request.headers, new Headers(), incoming, new Map([["a", "b"]]), [["a", "b"]] as [string, string][]]) {
    verify({ ...account, headers, body, now: new Date() });
  }
  for (const whole of [body, body.buffer, new DataView(body.buffer), "{}"]) verify({ ...account, headers: {}, body: whole });
  return new Verifier(account).verify({ headers: request.headers, body, url: request.url, offeredToken: "t" });
}

/** Narrows by \`type\` alone. */
export function tells(event: Event | null): string {
  if (event === null) return "a test";
  switch (event.type) {
    case "orderhook.order.status.v1": {
      const order: OrderEvent = event;
      const status: Status = order.data.status.now;
      return \`\${event.subject} \${status} \${event.data.items[0]?.price?.amount ?? ""}\`;
    }
    case "orderhook.delivery.unrecognized.v1": {
      const unrecognized: UnrecognizedEvent = event;
      return unrecognized.data.reason.code;
    }
    default: {
      const none: never = event;
      return none;
    }
  }
}

export function reads(event: Event): string {
  const { data } = event;
  return data.payload === undefined ? atob(data.payload_base64) : data.payload;
}

export function keeps(accounts: Map<string, Verifier<AnyProvider>>, acme: Definition): void {
  accounts.set("wakilni", new Verifier(account));
  accounts.set("acme", new Verifier({ provider: acme, secrets: "s" }));
}

export async function explains(request: Request): Promise<CauseName[]> {
  const { verified, code, causes, advice } = await explain({ ...account, headers: request.headers, body, otherSecrets: "t" });
  const why: Code | null = verified ? null : code;
  return advice === why ? [] : causes.map(({ cause }) => cause);
}

export function refuses(work: () => void): Code | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof WebhookError) return error.code;
    throw error;
  }
  return undefined;
}

export async function answers(request: Request): Promise<Response> {
  const event: Event | null = await receiveRequest(request, { ...account, now: Date.now() });
  const same: Event | null = receive({ ...account, headers: request.headers, body });
  const looked: Event | null = normalize({ provider: "up42", body });
  const headers: Record<string, string> = sign({ provider: "wegocod", secret: "s", body, headers: {} });
  const known: Provider[] = providers();
  const words: Authenticity[] = ["body_signed", "headers_signed", "url_token", "unverified"];
  return Response.json({ event, same, looked, headers, known, words });
}

export function isWrong(event: Event, proof: Proof): void {
  // @ts-expect-error: there is no such provider
  verify({ provider: "pigeon", headers: {}, body });
  // @ts-expect-error: a parsed body is not what was signed
  verify({ ...account, headers: {}, body: { event: "Order Confirmed" } });
  // @ts-expect-error: a delivery has headers
  verify({ ...account, body });
  // @ts-expect-error: the headers are no text
  verify({ ...account, headers: "x-webhook-signature: t", body });
  // @ts-expect-error: a secret is a text
  new Verifier({ provider: "wakilni", secrets: 1 });
  // @ts-expect-error: the account is the verifier's
  new Verifier(account).verify({ headers: {}, body, secrets: "s" });
  // @ts-expect-error: it is null for a provider's test
  receive({ ...account, headers: {}, body }).id;
  // @ts-expect-error: what is verified is not unverified
  proof.authenticity === "unverified";
  // @ts-expect-error: what was not understood has no status
  event.data.status;
  // @ts-expect-error: and no subject
  event.subject;
  // @ts-expect-error: an amount is not a number
  if (event.type === "orderhook.order.status.v1") event.data.total!.amount.toFixed();
  // @ts-expect-error: a code is one of the package's
  new WebhookError("no_such_code", "text");
  // @ts-expect-error: signing needs a secret
  sign({ provider: "wakilni", body });
  // @ts-expect-error: it is a promise, too
  explain({ ...account, headers: {}, body }).causes;
  // @ts-expect-error: a promise
  receiveRequest(new Request("https://shop.example"), account).id;
}
`;

for (const [module, file] of [
  ["nodenext", "consumer.mts"],
  ["nodenext", "consumer.cts"],
  ["esnext --moduleResolution bundler", "consumer.ts"],
]) {
  test(`the types compile strictly: ${file}, module ${module}`, () => {
    project.write(file, uses);
    project.write(`names-${file}`, names);
    const options = [
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--lib",
      "es2022,dom",
      "--types",
      "",
    ];
    const { status, text } = tsc(
      ...options,
      "--module",
      ...module.split(" "),
      file,
      `names-${file}`,
    );
    assert.deepEqual([status, text], [0, ""]);
  });
}

test("a secret or a token that may not be set is a mistake, if the compiler tells it from one left out", () => {
  const source = `
import { Verifier, verify } from "orderhook";
declare const unset: string | undefined;
declare const set: string;
export const accounts = [
  new Verifier({ provider: "gooten", token: set, source: unset, utcOffset: unset }),
  new Verifier({ provider: "up42", secrets: [set], token: set }),
  // @ts-expect-error: it may be undefined
  new Verifier({ provider: "wakilni", secrets: unset }),
  // @ts-expect-error: one may be undefined
  new Verifier({ provider: "wakilni", secrets: [set, unset] }),
  // @ts-expect-error: it may be undefined
  new Verifier({ provider: "gooten", token: unset }),
  // @ts-expect-error: it is null
  verify({ provider: "gooten", token: null, headers: {}, body: "" }),
];
`;
  project.write("unset.mts", source);
  const options = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--types",
    "",
    "--module",
    "nodenext",
  ];
  const { status, text } = tsc(...options, "--target", "es2022", "unset.mts");
  assert.deepEqual([status, text], [0, ""]);
});

test("the types compile where there is no DOM", () => {
  // The global types of Node, Deno, Bun and Workers, each declared in its own way.
  const globals = [
    "Headers { get(name: string): string | null }",
    "Request { url: string }",
    "URL { href: string }",
  ];
  project.write("globals.d.ts", globals.map((global) => `declare class ${global}\n`).join(""));
  project.write("names.mts", names);
  const options = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--lib",
    "es2022",
    "--types",
    "",
    "--module",
    "nodenext",
  ];
  const { status, text } = tsc(...options, "names.mts", "globals.d.ts");
  assert.deepEqual([status, text], [0, ""]);
});
