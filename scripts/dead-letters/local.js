// `npm start` runs this beside wrangler, whose local queues can be neither listed nor sent to from outside. It takes the dead
// letters off their queue, keeps them in files, and answers for both queues as Cloudflare's API would, with a token of its own:
//
//   node scripts/dead-letters/local.js <folder>
//
// It ends when its standard input does.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { getDefaultDevRegistryPath, getWorkerRegistry, Miniflare, Response } from "miniflare";
import { main, say } from "../lib/command.js";
import { ADDRESS_FILE, LOCAL_ACCOUNT } from "./access.js";
import { Kept } from "./kept.js";
import { queuesOf, wranglerToml } from "./queues.js";

const PATIENCE_MS = 10_000;
const WORKER = new URL("worker.js", import.meta.url);
// It can keep them, or the disk is full: until it is not.
const AT_ONCE = { maxBatchSize: 100, maxBatchTimeout: 0, maxRetries: 100 };

/** Runs the Worker that takes the dead letters and can send events. Wrangler finds it, and it wrangler, in `registry`. */
async function runtime({ toml, queues, kept, registry }) {
  const keep = async (request) => {
    for (const letter of await request.json()) kept.add(letter);
    return new Response();
  };
  const script = { type: "esm", contents: readFileSync(WORKER, "utf8") };
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    unsafeDevRegistryPath: registry,
    workers: [
      {
        config: {
          name: `${toml.name}-dead-letters-here`,
          compatibilityDate: toml.compatibility_date,
          manifest: { mainModule: "worker.js", modules: { "worker.js": script } },
          env: {
            EVENTS: { type: "queue", name: queues.events },
            KEEP: { type: "fetcher", handler: keep },
          },
          triggers: [{ type: "queue", name: queues.deadLetters, ...AT_ONCE }],
        },
      },
    ],
  });
  await miniflare.ready;
  return miniflare;
}

/** What the API answers, by method and what follows the queue's name in the path. */
function operations({ queues, kept, registry, miniflare }) {
  const running = () => Object.values(getWorkerRegistry(registry));
  const consumed = () =>
    running().some(({ queueConsumers }) => queueConsumers?.includes(queues.events));
  const deadLetters = {
    "GET /metrics": () => ({
      backlog_count: kept.count,
      backlog_bytes: 0,
      oldest_message_timestamp_ms: 0,
    }),
    "POST /messages/peek": ({ batch_size = 5 }) => ({
      messages: kept.first(batch_size).map(peeked),
    }),
    "POST /messages/purge": ({ refs }) => {
      const missing = refs.filter(({ ref }) => !kept.remove(ref));
      return {
        errors: [],
        warnings: Object.fromEntries(missing.map(({ ref }) => [ref, "there is no such message"])),
      };
    },
  };
  const events = {
    // A local queue that nobody consumes forgets what it is sent, and says that all is well.
    "POST /messages/batch": async ({ messages }) => {
      if (!consumed()) throw new Refusal(503, `no Worker that runs here consumes ${queues.events}`);
      const producer = await miniflare.getQueueProducer("EVENTS");
      await producer.sendBatch(
        messages.map(({ body, content_type }) => ({ body, contentType: content_type })),
      );
      return null;
    },
  };
  return { [queues.deadLetters]: deadLetters, [queues.events]: events };
}

const peeked = ({ text, type, ...message }) => ({
  ...message,
  body: Buffer.from(text).toString("base64"),
  metadata: { "CF-Content-Type": type },
});

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Serves the operations, and gives the server's address. */
async function serve(byQueue, token) {
  const root = `/client/v4/accounts/${LOCAL_ACCOUNT}/queues`;
  const names = Object.keys(byQueue);

  async function answer(request) {
    if (request.headers.authorization !== `Bearer ${token}`)
      throw new Refusal(403, "another token");
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === root) return names.map((name) => ({ queue_id: name, queue_name: name }));
    const name = names.find((name) => pathname.startsWith(`${root}/${name}/`));
    const operation =
      name && byQueue[name][`${request.method} ${pathname.slice(root.length + 1 + name.length)}`];
    if (!operation) throw new Refusal(404, "no such address");
    return operation(request.method === "POST" ? await bodyOf(request) : {});
  }

  const server = http.createServer(async (request, response) => {
    const { status, ...json } = await answer(request).then(
      (result) => ({ status: 200, success: true, errors: [], messages: [], result }),
      ({ status = 500, message }) => ({
        status,
        success: false,
        errors: [{ code: 10000, message }],
        messages: [],
        result: null,
      }),
    );
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { base: `http://127.0.0.1:${server.address().port}/client/v4`, stop };
}

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

/** Whether that of another `npm start` answers. What one that was killed left does not. */
async function keptByAnother(file) {
  try {
    const { base, token } = JSON.parse(readFileSync(file, "utf8"));
    const headers = { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return (await fetch(`${base}/accounts/${LOCAL_ACCOUNT}/queues`, { headers, signal })).ok;
  } catch {
    return false;
  }
}

/** Says how it is reached for as long as it is, and no longer; unless another `npm start` has said so since. */
function publish(file, address) {
  writeFileSync(`${file}.part`, address, { mode: 0o600 });
  renameSync(`${file}.part`, file);
  process.on(
    "exit",
    () => existsSync(file) && readFileSync(file, "utf8") === address && rmSync(file),
  );
}

await main(import.meta.url, async ([folder]) => {
  const file = join(folder, ADDRESS_FILE);
  const end = once(process.stdin.resume(), "end");
  if (await keptByAnother(file)) {
    say("Another npm start keeps the dead letters here. Restart this one when that one has ended.");
    return end;
  }
  const toml = await wranglerToml();
  const queues = queuesOf(toml);
  const kept = new Kept(join(folder, queues.deadLetters));
  const registry = process.env.WRANGLER_REGISTRY_PATH ?? getDefaultDevRegistryPath();
  const miniflare = await runtime({ toml, queues, kept, registry });
  const token = randomBytes(32).toString("hex");
  const server = await serve(operations({ queues, kept, registry, miniflare }), token);
  publish(file, JSON.stringify({ base: server.base, token }));
  await end;
  server.stop();
  await miniflare.dispose();
});
