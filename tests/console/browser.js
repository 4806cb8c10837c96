// The console in Chromium: signed in, and watched for what must not happen.
import assert from "node:assert/strict";
import { chromium as browsers } from "playwright-core";
import { CHROMIUM_ARGS, chromium } from "../consumers/chromium.js";
import { DISPATCH_TOKEN } from "../support/dispatch-worker.js";

/** Screens, by what a test calls them. */
export const SCREENS = {
  "a desk, light": { viewport: { width: 1280, height: 860 }, colorScheme: "light" },
  "a desk, dark": { viewport: { width: 1280, height: 860 }, colorScheme: "dark" },
  "a tablet on its side": { viewport: { width: 1024, height: 768 }, colorScheme: "light" },
  "a tablet": { viewport: { width: 820, height: 1180 }, colorScheme: "light" },
  "a phone, light": { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  "a phone, dark": { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
};

/** Starts Chromium. */
export const launch = () => browsers.launch({ executablePath: chromium(), args: CHROMIUM_ARGS });

/** Reports violations of the page's policy to the test. */
const REPORT = () => {
  document.addEventListener("securitypolicyviolation", (event) =>
    globalThis.complain(`policy: ${event.violatedDirective} ${event.blockedURI}`),
  );
};

/**
 * Opens a page of dispatch's in a context of its own. `complaints` are errors, violations of the policy, and requests to other hosts.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {{ url: string }} dispatch
 * @param {import("playwright-core").BrowserContextOptions} [screen]
 */
export async function openPage(browser, { url }, screen = SCREENS["a desk, light"]) {
  const context = await browser.newContext({ ...screen, reducedMotion: "reduce" });
  const page = await context.newPage();
  const complaints = [];
  await page.exposeFunction("complain", (text) => complaints.push(text));
  await page.addInitScript(REPORT);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && new URL(request.url()).host !== new URL(url).host)
      complaints.push(`request: ${request.url()}`);
  });
  const view = (address) => new URL(`console/${address}`, url).href;
  return {
    page,
    context,
    complaints,
    /** Opens a view, and waits for its heading. */
    async open(address, heading) {
      await page.goto(view(address));
      await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
    },
    /** Waits until the live region has said a text. */
    said: (text) =>
      page.getByRole("status").filter({ hasText: text }).first().waitFor({ state: "attached" }),
    async close() {
      await context.close();
      assert.deepEqual(complaints, []);
    },
  };
}

/** Opens a page as `openPage` does, and signs in. */
export async function signedIn(browser, dispatch, { screen, token = DISPATCH_TOKEN } = {}) {
  const opened = await openPage(browser, dispatch, screen);
  await opened.open("#/now", "Sign in");
  await opened.page.getByLabel("Token").fill(token);
  await opened.page.getByRole("button", { name: "Sign in" }).click();
  await opened.page.getByRole("heading", { level: 1, name: "Now" }).waitFor();
  return opened;
}

/** Resolves once nothing on the page is being loaded. */
export const settled = (page) =>
  page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));

/** Shows the payload of the page's event. What is still loaded above it would move the button from under the click. */
export async function showPayload(page) {
  const button = page.getByRole("button", { name: "Show the payload" });
  await button.waitFor();
  await settled(page);
  await button.click();
  return page.getByRole("region", { name: "Payload" });
}
