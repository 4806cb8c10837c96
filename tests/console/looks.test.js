// Each view on a desk, a tablet and a phone, light and dark: axe finds no violation, and nothing is wider than the screen.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { SCREENS, settled, signedIn } from "./browser.js";
import { openStage } from "./stage.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

let addresses;
const stage = openStage({ ready: async () => (addresses = await allAddresses()) });

/** Returns an address of each view, and its heading. */
async function allAddresses() {
  const { dispatch } = stage.shop;
  const [first, failing] = (await dispatch.get("/v1/endpoints")).json.endpoints;
  const list = await dispatch.get(`/v1/endpoints/${failing.id}/deliveries?limit=200`);
  const delivery = list.json.deliveries.find(({ attempts }) => attempts > 0);
  const [letter] = (await dispatch.get("/v1/dead-letters")).json.dead_letters;
  return [
    ["now", "Now"],
    ["orders", "Orders"],
    ["orders?find=nothing", "Orders"],
    ["orders/wakilni/1001", "1001"],
    ["events/wakilni/not-json", "Event"],
    ["endpoints", "Endpoints"],
    ["endpoints/new", "Create an endpoint"],
    [`endpoints/${failing.id}`, failing.description],
    [`endpoints/${first.id}/change`, "Change the endpoint"],
    [`deliveries/${delivery.id}`, "Delivery"],
    ["sources", "Sources"],
    ["sources/wakilni", "wakilni"],
    ["explain", "Explain"],
    ["charts", "Charts"],
    ["dead-letters", "Dead letters"],
    [`dead-letters/${letter.id}`, "Dead letter"],
    ["tokens", "Tokens"],
    ["audit", "Audit"],
    ["nowhere", "Nothing is here"],
  ];
}

async function violations(page) {
  const found = await page.evaluate(async () => (await globalThis.axe.run()).violations);
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join("\n")}`,
  );
}

const isWider = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

for (const [name, screen] of stage.hasChromium ? Object.entries(SCREENS) : [])
  test(`each view on ${name}`, async () => {
    const opened = await signedIn(stage.browser, stage.shop.dispatch, { screen });
    const { page } = opened;
    const wrong = {};
    for (const [address, heading] of addresses) {
      await opened.open(`#/${address}`, heading);
      await settled(page);
      await openDetails(page);
      // Not as a script of the page, whose policy forbids it.
      await page.evaluate(AXE);
      const found = await violations(page);
      if (await isWider(page)) found.push("it is wider than the screen");
      if (found.length > 0) wrong[address] = found;
    }
    assert.deepEqual(wrong, {});
    await opened.close();
  });

/** Opens what is folded, so that it is looked at, too. */
async function openDetails(page) {
  for (const button of await page.getByRole("button", { name: /^Event / }).all())
    await button.click();
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  await settled(page);
}
