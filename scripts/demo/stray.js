// A message in the queue of events that is not an event. dispatch keeps it as a dead letter.
import { readConfig } from "../lib/cli.js";
import { registryPath } from "../lib/started.js";
import { root } from "../setup.js";

const SCRIPT = "export default {};";

/** Sends one. A local queue can be reached from a Worker alone, so it runs one for a moment. */
export async function sendStray() {
  const { Miniflare } = await import("miniflare");
  const config = await readConfig(root);
  const { queue } = config.queues.producers.find(({ binding }) => binding === "EVENTS");
  const runtime = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    unsafeDevRegistryPath: registryPath(),
    workers: [
      {
        config: {
          name: "orderhook-demo",
          compatibilityDate: config.compatibility_date,
          manifest: {
            mainModule: "stray.js",
            modules: { "stray.js": { type: "esm", contents: SCRIPT } },
          },
          env: { EVENTS: { type: "queue", name: queue } },
        },
      },
    ],
  });
  try {
    await runtime.ready;
    const producer = await runtime.getQueueProducer("EVENTS");
    await producer.send({ note: "a message that is not an event" }, { contentType: "json" });
  } finally {
    await runtime.dispose();
  }
}
