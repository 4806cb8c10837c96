// How long the first view takes: from the navigation of somebody who is signed in to Now with its figures and its latest events.
import { loadavg } from "node:os";
import { signedIn } from "../../tests/console/browser.js";
import { event } from "../../tests/support/dispatch.js";

const SOURCES = 60;
const EVENTS = 10;
const RUNS = 15;

/** Reports when all of the view's parts have data, in milliseconds since the navigation began. */
const WATCH = () => {
  const parts = [
    '[aria-label="Overview"] dd',
    ...["Latest events", "By source", "Orders by status"].map(
      (label) => `table[aria-label="${label}"] td`,
    ),
  ];
  globalThis.whenShown = new Promise((resolve) => {
    const look = () => {
      if (!parts.every((part) => document.querySelector(part))) return;
      seen.disconnect();
      // After the frame that draws it.
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
    };
    const seen = new MutationObserver(look);
    seen.observe(document, { childList: true, subtree: true });
  });
};

/** Prints the times with an empty cache and with a filled one. */
export async function measureFirst(dispatch, browser) {
  await fill(dispatch);
  const { context, close } = await signedIn(browser, dispatch);
  const address = new URL("console/", dispatch.url).href;
  console.log(`${SOURCES} sources, ${SOURCES * EVENTS} events; load ${loadavg()[0].toFixed(1)}`);
  for (const isCold of [true, false]) {
    const times = [];
    for (let run = 0; run < RUNS; run += 1) times.push(await shownAfter(context, address, isCold));
    console.log(`${isCold ? "empty" : "filled"} cache: ${inWords(times)}`);
  }
  await close();
}

async function fill(dispatch) {
  for (let source = 0; source < SOURCES; source += 1) {
    const name = `source-${source}`;
    const events = Array.from({ length: EVENTS }, (_, n) =>
      event({ source: name, data: { order: { id: `${n}` } } }),
    );
    await dispatch.take(...events);
  }
}

/** Opens the view in a new page, and returns the milliseconds until it is shown. */
async function shownAfter(context, address, isCold) {
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  if (isCold) await client.send("Network.clearBrowserCache");
  await page.addInitScript(WATCH);
  await page.goto(address, { waitUntil: "commit" });
  const time = await page.evaluate("whenShown");
  await page.close();
  return time;
}

function inWords(times) {
  const sorted = times.toSorted((a, b) => a - b).map((time) => `${Math.round(time)} ms`);
  return `median ${sorted[Math.floor(sorted.length / 2)]}, ${sorted[0]} to ${sorted.at(-1)}, ${sorted.length} runs`;
}
