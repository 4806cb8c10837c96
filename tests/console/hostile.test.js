// What strangers write stays text in the console: markup, texts that turn their direction, and very long ones.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { event, unrecognized } from "../support/dispatch.js";
import { DEAD_LETTER_QUEUE } from "../support/workerd.js";
import { showPayload } from "./browser.js";
import { openStage } from "./stage.js";

const MARKUP = `<img src=x onerror="complain('it ran')"><script>complain('it ran')</script>`;
const BIDI = "\u202eevil\u2066 \u05d0\u05d1\u05d2 \u0639\u0631\u0628\u064a\u200f";
const LONG = "W".repeat(900);

const stage = openStage({
  fill: async ({ dispatch }) => {
    await dispatch.take(...hostile(), unrecognized({ id: "odd", payload: MARKUP }));
    await dispatch.put(DEAD_LETTER_QUEUE, { poison: MARKUP });
  },
  screen: { viewport: { width: 390, height: 844 } },
});
const view = stage.test;

/** Returns an event for each hostile text, with the text in each of its fields that is shown. */
function hostile() {
  return [MARKUP, BIDI, LONG].map((text, at) => {
    const one = event({
      source: "wegocod",
      id: `hostile-${at}`,
      data: {
        order: {
          id: text,
          reference: text,
          carrier: text,
          tracking_number: `${at}${text}`.slice(0, 120),
        },
        status: { reason: text, provider_event: text, provider_now: text },
        items: [
          {
            sku: text,
            name: text,
            quantity: 1,
            price: { amount: text, currency: text },
            status: null,
          },
        ],
        customer: { name: text, phone: text, email: text, address: text, city: text },
        notes: text,
        payload: JSON.stringify({ text }),
      },
    });
    return one;
  });
}

const isWider = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

for (const [name, text] of Object.entries({ markup: MARKUP, bidi: BIDI, "a long text": LONG }))
  view(`${name} in every field of an order is shown as text`, async ({ page, open }) => {
    await open("#/now", "Now");
    await page.getByRole("link", { name: text }).first().waitFor();
    await open("#/orders?source=wegocod", "Orders");
    // An order keeps the beginning of a long reference.
    await page
      .getByRole("link", { name: text.slice(0, 100) })
      .first()
      .click();
    await page.getByRole("heading", { level: 1, name: text }).waitFor();
    await page
      .getByRole("button", { name: /^Event / })
      .first()
      .click();
    const payload = await showPayload(page);
    assert.deepEqual(JSON.parse(await payload.textContent()), { text });
    assert.equal(await page.locator("main img, main script").count(), 0);
    assert.ok(!(await isWider(page)));
    const isolated = await page
      .getByText(text, { exact: true })
      .evaluateAll((found) => found.every((element) => element.closest("bdi") !== null));
    assert.ok(isolated, "each is isolated from the direction of what stands around it");
  });

view(
  "a dead letter and a delivery that was not understood are shown as text",
  async ({ page, open }) => {
    await open("#/events/wakilni/odd", "Event");
    assert.equal(await (await showPayload(page)).textContent(), MARKUP);
    await open("#/dead-letters", "Dead letters");
    await page
      .getByRole("row")
      .filter({ hasText: "not an event" })
      .getByRole("link")
      .first()
      .click();
    const content = page.getByRole("region", { name: "Content of the dead letter" });
    assert.deepEqual(JSON.parse(await content.textContent()), { poison: MARKUP });
  },
);

view("a payload of 1 MB is shown in part, and downloaded whole", async ({ page, open }) => {
  const large = `${MARKUP}${"x".repeat(1_000_000)}`;
  // A message of the queue is smaller than that, so dispatch's answer is made larger.
  await page.route("**/v1/events/wakilni/odd", async (route) => {
    const response = await route.fetch();
    const record = await response.json();
    record.event.data.payload = large;
    await route.fulfill({ response, json: record });
  });
  await open("#/now", "Now");
  await open("#/events/wakilni/odd", "Event");
  const shown = await (await showPayload(page)).textContent();
  assert.equal(shown, large.slice(0, 20_000));
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  assert.equal(await readFile(await (await download).path(), "utf8"), large);
});

view("no script of a stranger ran, and the policy held", async ({ complaints }) =>
  assert.deepEqual(complaints, []),
);
