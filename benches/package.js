// `npm run bench -- package`: compares the npm package with its peers in one run: the cost of verifying a delivery, of receiving
// one, and of installing the package at all. The output goes into RESULTS.md.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, loadavg, release, type } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { PACKAGE } from "./options.js";
import { byHand } from "./peers/crypto.js";
import { SECRET, signed, WHSEC } from "./peers/deliveries.js";
import { launches } from "./peers/launch.js";
import { octokit } from "./peers/octokit.js";
import { accounts } from "./peers/receive.js";
import { report } from "./peers/report.js";
import { median, ratio, rounds } from "./peers/rounds.js";
import { standardWebhooks } from "./peers/standard-webhooks.js";
import { stripe } from "./peers/stripe.js";
import { hookflo } from "./peers/tern.js";

const SIZES = { "0.5 KB": 512, "1 KB": 1024, "2 KB": 2048, "16 KB": 16_384, "128 KB": 131_072 };
const BODIES = 16;
const PEERS = [...byHand, ...octokit, ...stripe, ...standardWebhooks, ...hookflo];

const { values: options } = parseArgs({ options: PACKAGE });
const folder = pathToFileURL(`${resolve(options.package)}/`);
const orderhook = await import(new URL("dist/node.js", folder));
const QUICK = { verify: 15_000, receive: 6_000, launches: 10 };
const PLAN = options.quick ? QUICK : { verify: 140_000, receive: 45_000, launches: 30 };

const say = (text) => process.stderr.write(`${text}\n`);
const read = (url) => readFileSync(url, "utf8");
const version = (url) => JSON.parse(read(new URL("package.json", url))).version;

// ── Verify

/** Our contestant for the scheme that is most similar to each peer's. */
function ours() {
  const hex = new orderhook.Verifier({ provider: "wegocod", secrets: SECRET });
  const standard = new orderhook.Verifier({ provider: "standard-webhooks", secrets: WHSEC });
  const verifier = (name, scheme, call) => ({ name, scheme, call, refuses: "throws" });
  return [
    verifier("orderhook", "hex", (delivery) => hex.verify(delivery)),
    verifier("orderhook, again", "hex", (delivery) => hex.verify(delivery)),
    verifier("orderhook", "standard", (delivery) => standard.verify(delivery)),
    verifier("orderhook, again", "standard", (delivery) => standard.verify(delivery)),
  ];
}

/** Our contestant that a peer is compared with, by group. */
const GROUPS = { hex: "hex", github: "hex", standard: "standard", stripe: "standard" };

async function verifying() {
  say("verify …");
  const groups = [];
  for (const [label, size] of Object.entries(SIZES)) {
    const sets = await signed(size, BODIES);
    const prepared = ({ scheme, ...one }) => {
      const { right, wrong } = sets[scheme];
      return { ...one, scheme, label, group: GROUPS[scheme], deliveries: right, wrong };
    };
    groups.push([...ours(), ...PEERS].map(prepared));
  }
  for (const contestant of groups.flat()) await judged(contestant);
  const times = await rounds(groups, PLAN.verify);
  // The deliveries still verify: none grew too old during the measurement.
  for (const contestant of groups.flat()) await judged(contestant);
  return groups.flatMap((contestants) =>
    contestants.map((one) => {
      const own = contestants.find(
        ({ name, scheme }) => name === "orderhook" && scheme === one.group,
      );
      return { ...one, ns: median(times.get(one)), ratio: ratio(times.get(one), times.get(own)) };
    }),
  );
}

/** Checks that a contestant accepts signed deliveries, and refuses others. */
async function judged({ name, call, refuses, deliveries, wrong }) {
  for (const delivery of deliveries)
    assert.equal(await verdict(call, refuses, delivery), true, `${name} refuses a right tag`);
  for (const delivery of wrong)
    assert.equal(await verdict(call, refuses, delivery), false, `${name} takes a wrong tag`);
}

async function verdict(call, refuses, delivery) {
  try {
    const result = await call(delivery);
    if (refuses === "false") return result;
    return refuses === "throws" ? true : result.isValid;
  } catch (error) {
    if (refuses !== "throws") throw error;
    return false;
  }
}

// ── Receive

async function receiving() {
  say("receive …");
  const contestants = [];
  for (const { account, bytes, deliveries, plain } of await accounts(orderhook.sign)) {
    const verifier = new orderhook.Verifier(account);
    const call = (delivery) => verifier.receive(delivery);
    const now = Date.now();
    for (const delivery of deliveries) {
      const event = call({ ...delivery, now });
      assert.equal(event.type, "orderhook.order.status.v1");
      assert.deepEqual(plain({ ...delivery, now }), event, account.provider);
    }
    const changed = {
      ...deliveries[0],
      headers: deliveries[1].headers,
      url: `${deliveries[0].url.replace(/\?.*/, "")}x`,
    };
    for (const receive of [call, plain]) assert.throws(() => receive(changed), account.provider);
    contestants.push(
      [call, call, plain].map((call) => ({ provider: account.provider, bytes, call, deliveries })),
    );
  }
  const times = await rounds(contestants, PLAN.receive);
  return contestants.map(([first, again, plain]) => ({
    provider: first.provider,
    bytes: first.bytes,
    ns: median(times.get(first)),
    again: ratio(times.get(again), times.get(first)),
    plainNs: median(times.get(plain)),
    plain: ratio(times.get(plain), times.get(first)),
  }));
}

// ── Size and start

function having() {
  say("size and start …");
  const wasm = readFileSync(new URL("dist/orderhook_bg.wasm", folder));
  const packed = spawnSync("npm", ["pack", "--dry-run", "--json"], {
    cwd: fileURLToPath(folder),
    encoding: "utf8",
  });
  const [{ size, unpackedSize }] = JSON.parse(packed.stdout);
  const body = Buffer.from('{"event_id":"e-1","event":"Order Completed","data":{"order_id":1}}');
  const headers = orderhook.sign({ provider: "wakilni", secret: SECRET, body });
  const delivery = { provider: "wakilni", secrets: SECRET, headers, body };
  return {
    wasm: wasm.length,
    gzip: gzipSync(wasm, { level: 9 }).length,
    tarball: size,
    unpacked: unpackedSize,
    launches: PLAN.launches,
    ...launches(new URL("dist/node.js", folder), delivery, PLAN.launches),
  };
}

// ── Output

function machine(load) {
  const [{ model }, ...more] = cpus();
  const installed = Object.keys(
    JSON.parse(read(new URL("./peers/package.json", import.meta.url))).devDependencies,
  );
  // It is the Worker's peer.
  const peers = installed.filter((name) => name !== "hono");
  const versionOf = (name) =>
    `${name} ${version(new URL(`./peers/node_modules/${name}/`, import.meta.url))}`;
  return [
    `- ${model.trim()}, ${more.length + 1} cores; ${type()} ${release()}, ${arch()}; load ${load.toFixed(1)} before it began`,
    `- Node ${process.versions.node}, orderhook ${version(folder)}`,
    `- ${peers.map(versionOf).join(", ")}`,
  ].join("\n");
}

const RESULTS = new URL("./RESULTS.md", import.meta.url);
const SECTION = /(<!-- npm run bench -- package -->\n).*?(\n<!-- end -->)/s;

const [load] = loadavg();
const found = { results: await verifying(), received: await receiving(), had: having() };
const text = report({ machine: machine(load), peers: PEERS, bodies: BODIES, ...found });
console.log(text);
if (!options.quick && options.package === "pkg") {
  assert.match(read(RESULTS), SECTION);
  writeFileSync(
    RESULTS,
    read(RESULTS).replace(SECTION, (_, begin, end) => `${begin}${text}${end}`),
  );
}
