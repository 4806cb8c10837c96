// What each file of tests in Chromium needs: the shop, the browser, and a page that is signed in.
import { after, before, test } from "node:test";
import { chromium } from "../consumers/chromium.js";
import { launch, signedIn } from "./browser.js";
import { openShop } from "./shop.js";

/**
 * Prepares the stage before a file's tests, and clears it after them. `fill` puts more into the shop before the page is opened on a
 * `screen`; `ready` gets the open page. Returns the stage, whose `shop`, `browser` and `opened` are there once a test runs. Its `test`
 * registers a test that needs Chromium and gets the open page; without Chromium, it registers none.
 *
 * @param {{
 *   fill?: (shop: any) => Promise<unknown>,
 *   screen?: import("playwright-core").BrowserContextOptions,
 *   ready?: (opened: any) => unknown,
 * }} [options]
 */
export function openStage({ fill, screen, ready } = {}) {
  /** @type {any} */
  const stage = {
    hasChromium: Boolean(chromium()),
    test: (name, work) => stage.hasChromium && test(name, () => work(stage.opened)),
  };
  if (!stage.hasChromium) return stage;
  before(async () => {
    stage.shop = await openShop();
    stage.browser = await launch();
    await fill?.(stage.shop);
    stage.opened = await signedIn(stage.browser, stage.shop.dispatch, { screen });
    await ready?.(stage.opened);
  });
  after(async () => {
    await stage.opened?.close();
    await stage.browser?.close();
    await stage.shop?.stop();
  });
  return stage;
}
