// What the console holds in memory while a source streams 50 events a second; with `--first`, how long its first view takes.
// `npm run bench -- console` builds and runs it.
import { parseArgs } from "node:util";
import { launch, signedIn } from "../tests/console/browser.js";
import { event, startDispatch } from "../tests/support/dispatch.js";
import { measureFirst } from "./console/first.js";
import { CONSOLE, numbers } from "./options.js";
import { grouped } from "./peers/report.js";

const { values } = parseArgs({ options: CONSOLE });
const { seconds: SECONDS } = numbers(values);
const SOURCE = "stream";
const RATE = 50;
/** How often the memory is measured. */
const EVERY_S = 15;

let made = 0;
const batch = () =>
  Array.from({ length: RATE }, () =>
    JSON.stringify(event({ source: SOURCE, data: { order: { id: `${++made}` } } })),
  );

/** Returns what the page holds once its garbage is collected. */
async function held(client) {
  await client.send("HeapProfiler.collectGarbage");
  const { metrics } = await client.send("Performance.getMetrics");
  const of = (wanted) => metrics.find(({ name }) => name === wanted).value;
  return { heap: of("JSHeapUsedSize"), nodes: of("Nodes") };
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function measureMemory(dispatch, browser) {
  await dispatch.take(event({ source: SOURCE }));
  const { page, context, open, close } = await signedIn(browser, dispatch);
  await open(`#/now?source=${SOURCE}`, "Now");
  const client = await context.newCDPSession(page);
  await client.send("Performance.enable");
  for (let second = 0; second <= SECONDS; second += 1) {
    const began = performance.now();
    await dispatch.journal(SOURCE, "take", batch());
    if (second % EVERY_S === 0) {
      const { heap, nodes } = await held(client);
      console.log(`${second} s, ${made} events: ${grouped(heap)} bytes, ${grouped(nodes)} nodes`);
    }
    await pause(1000 - (performance.now() - began));
  }
  await page.getByRole("link", { name: `${made}`, exact: true }).waitFor();
  await close();
}

const dispatch = await startDispatch({ hasAssets: true });
const browser = await launch();
try {
  await (values.first ? measureFirst : measureMemory)(dispatch, browser);
} finally {
  await browser.close();
  await dispatch.stop();
}
