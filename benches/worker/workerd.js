// Runs a contestant in a workerd of its own, on a core of its own, with stand-ins for KV and the queue in the same process; and
// reads its costs from Linux.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import workerd from "workerd";

const text = (path) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
const [, COMPATIBILITY_DATE] = text("../../wrangler.toml").match(
  /^compatibility_date = "([^"]+)"/m,
);
const MEMORY = text("in-memory.js");
const STAND_INS = { kv: { "kv.js": text("kv.js") }, queue: { "queue.js": text("queue.js") } };

const CONTROL = 3;
const CLAIMS = "claims";
const OBJECT = /^[0-9a-f]{64}\.sqlite$/;

/** Running processes, which must not outlive this one. */
const running = new Map();
process.once("exit", () => {
  for (const child of running.keys()) child.kill("SIGKILL");
  for (const folder of running.values()) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/**
 * Starts it, on `core` where one is given. `modules` are the Worker's, its entry first; `vars` its variables; `claims` whether it
 * has the Durable Object class of that name; `bindings` whether KV and the queue are workerd's bindings, to stand-ins beside it,
 * or else memory. `standIns` are the modules of these two.
 */
export async function launch(contestant, core) {
  const folder = mkdtempSync(join(tmpdir(), "orderhook-bench-"));
  writeFileSync(join(folder, "config.capnp"), configOf(folder, contestant));
  const pinned = core === undefined ? [] : ["taskset", "-c", String(core)];
  const serve = [
    workerd.default,
    "serve",
    "--experimental",
    "config.capnp",
    `--control-fd=${CONTROL}`,
  ];
  const [command, ...args] = [...pinned, ...serve];
  // The Workers' logs are discarded, for all alike.
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  running.set(child, folder);
  const ports = await listening(child, ended);
  const { pid } = child;
  return {
    pid,
    port: ports.http,
    queuePort: ports.queue,
    /** Returns whether one of its Durable Objects has stored anything. */
    claimed: () =>
      existsSync(join(folder, CLAIMS)) &&
      readdirSync(join(folder, CLAIMS)).some((name) => OBJECT.test(name)),
    cpu: () => cpuOf(pid),
    rss: () => rssOf(pid),
    /** Returns the difference between the sum over the threads and the count for the process, as a share. */
    apart: () => Math.abs(1 - cpuOf(pid) / (ticksOf(pid) * NS_PER_TICK)),
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
      running.delete(child);
    },
  };
}

async function listening(child, ended) {
  const ports = {};
  const failed = ended.then(([status]) =>
    Promise.reject(new Error(`workerd ended with ${status} before it listened`)),
  );
  const heard = (async () => {
    for await (const line of createInterface({ input: child.stdio[CONTROL] })) {
      const { event, socket, port } = JSON.parse(line);
      if (event === "listen") ports[socket] = port;
      if (ports.http && ports.queue) return ports;
    }
    return failed;
  })();
  failed.catch(() => {});
  return Promise.race([heard, failed]);
}

// ── Its configuration

function configOf(
  folder,
  { modules, vars, claims = false, bindings = false, standIns = STAND_INS },
) {
  const env = [
    ...Object.entries(vars).map(([name, value]) => `(name = "${name}", ${variable(value)})`),
    ...(bindings
      ? [`(name = "SEEN", kvNamespace = "kv")`, `(name = "EVENTS", queue = "queue")`]
      : []),
    ...(claims ? [`(name = "CLAIMS", durableObjectNamespace = "Claims")`] : []),
  ];
  const objects = claims ? DURABLE_OBJECT : "";
  const all = bindings ? modules : { "in-memory.js": MEMORY, ...modules };
  const beside = [
    ...(bindings
      ? Object.entries(standIns).map(([name, own]) => service(name, worker(folder, name, own)))
      : []),
    ...(claims
      ? [`(name = "disk", disk = (path = ${JSON.stringify(folder)}, writable = true))`]
      : []),
  ];
  const queue = bindings ? `"queue"` : `(name = "worker", entrypoint = "queue")`;
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ${service("worker", `${worker(folder, "worker", all)} ${objects} bindings = [${env.join(", ")}]`)},
    ${beside.join(",\n    ")}
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "worker"),
    (name = "queue", address = "127.0.0.1:0", http = (), service = ${queue}),
  ],
);
`;
}

const service = (name, worker) => `(name = "${name}", worker = (${worker}))`;

// With its memory on disk: workerd supports SQLite only there.
const DURABLE_OBJECT =
  `durableObjectNamespaces = [(className = "Claims", uniqueKey = "${CLAIMS}", enableSql = true)], ` +
  'durableObjectStorage = (localDisk = "disk"),';

function worker(folder, name, modules) {
  const listed = Object.entries(modules).map(([module, contents]) => {
    const path = `${name}-${module}`;
    writeFileSync(join(folder, path), contents);
    return `(name = "${module}", ${module.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${path}")`;
  });
  return `modules = [${listed.join(", ")}], compatibilityDate = "${COMPATIBILITY_DATE}",`;
}

const variable = (value) =>
  typeof value === "string"
    ? `text = ${JSON.stringify(value)}`
    : `json = ${JSON.stringify(JSON.stringify(value))}`;

// ── Its costs

/** Returns the nanoseconds of processor time, of all threads together. */
function cpuOf(pid) {
  let spent = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    spent += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ", 1)[0]);
  }
  return spent;
}

/** Returns Linux's count for the whole process, including ended threads, in ticks: too coarse for a slice. */
function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

const NS_PER_TICK = 1e7;

/** Returns the bytes of its memory. */
const rssOf = (pid) =>
  Number(readFileSync(`/proc/${pid}/status`, "latin1").match(/^VmRSS:\s+(\d+) kB/m)[1]) * 1024;
