// Keeps the dead letters of this machine, beside wrangler, whose local queues cannot be listed or sent to from outside. It
// removes them from their queue, keeps them in files, and answers for both queues as Cloudflare's API would, with a token of its own.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { print } from "../command.js";
import { miniflareOf } from "../project.js";
import { ADDRESS_FILE, LOCAL_ACCOUNT, localFolder } from "./access.js";
import { serve } from "./local-api.js";
import { LetterStore } from "./store.js";

const PATIENCE_MS = 10_000;
const CONSUMER = new URL("consumer.js", import.meta.url);
// A full disk is the only reason not to keep a letter, and may be temporary.
const AT_ONCE = { maxBatchSize: 100, maxBatchTimeout: 0, maxRetries: 100 };

/** Runs the consumer of the dead letters, which can send events, too. It and wrangler find each other in `registry`. */
async function start({ Miniflare, Response }, { config, names, store, registry }) {
  const keep = async (request) => {
    for (const letter of await request.json()) store.add(letter);
    return new Response();
  };
  const script = { type: "esm", contents: readFileSync(CONSUMER, "utf8") };
  const runtime = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    unsafeDevRegistryPath: registry,
    workers: [
      {
        config: {
          name: `${config.name}-dead-letters-here`,
          compatibilityDate: config.compatibility_date ?? "2025-01-01",
          manifest: { mainModule: "consumer.js", modules: { "consumer.js": script } },
          env: {
            EVENTS: { type: "queue", name: names.events },
            KEEP: { type: "fetcher", handler: keep },
          },
          triggers: [{ type: "queue", name: names.deadLetters, ...AT_ONCE }],
        },
      },
    ],
  });
  await runtime.ready;
  return runtime;
}

/** Returns whether another keeper answers. A killed one leaves its address, but does not answer. */
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

/** Writes its address and token into a file, and removes the file at the end, unless it is another keeper's by then. */
function publish(file, address) {
  writeFileSync(`${file}.part`, address, { mode: 0o600 });
  renameSync(`${file}.part`, file);
  process.on(
    "exit",
    () => existsSync(file) && readFileSync(file, "utf8") === address && rmSync(file),
  );
}

/** Keeps the dead letters of a project until standard input ends. A signal ends the process, and Miniflare with it. */
export async function keepLetters({ project, config, names, persistTo }) {
  const folder = localFolder(project, persistTo);
  const file = join(folder, ADDRESS_FILE);
  const miniflare = miniflareOf(project);
  const end = once(process.stdin.resume(), "end");
  if (await keptByAnother(file)) {
    print(`Another command keeps the dead letters here. ${RESTART}\n`);
    await end;
    return;
  }
  const registry = process.env.WRANGLER_REGISTRY_PATH ?? miniflare.getDefaultDevRegistryPath();
  const store = new LetterStore(join(folder, names.deadLetters));
  const runtime = await start(miniflare, { config, names, store, registry });
  const token = randomBytes(32).toString("hex");
  const producer = await runtime.getQueueProducer("EVENTS");
  const send = (messages) => producer.sendBatch(messages);
  const isConsumed = () => consumed(miniflare.getWorkerRegistry(registry)).includes(names.events);
  const { base, stop } = await serve({ names, store, send, isConsumed, token });
  publish(file, JSON.stringify({ base, token }));
  if (process.stdin.isTTY) print(`Dead letters are kept in ${folder} until Ctrl-C.\n`);
  await end;
  stop();
  await runtime.dispose();
}

const RESTART = "Restart this one when that one has ended.";

/** Returns the queues that Workers on this machine consume. */
const consumed = (registry) =>
  Object.values(registry).flatMap(({ queueConsumers = [] }) => queueConsumers);
