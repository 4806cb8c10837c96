// What can be changed in the console: with the mouse, and with the keyboard alone.
import assert from "node:assert/strict";
import { event } from "../support/dispatch.js";
import { openPage } from "./browser.js";
import { until } from "./shop.js";
import { openStage } from "./stage.js";

const stage = openStage({
  ready: ({ context }) => context.grantPermissions(["clipboard-read", "clipboard-write"]),
});
const action = stage.test;

const row = (page, text) => page.getByRole("row").filter({ hasText: text });
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Answers a dialog by its own button. */
async function confirm(page, title, verb) {
  const dialog = page.getByRole("dialog", { name: title });
  await dialog.getByRole("button", { name: verb, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

action(
  "an endpoint is created, and its secret is shown once, to be copied",
  async ({ page, open, said }) => {
    await open("#/endpoints", "Endpoints");
    await page.getByRole("link", { name: "Create an endpoint" }).click();
    await page.getByRole("heading", { level: 1, name: "Create an endpoint" }).waitFor();
    await page.getByLabel("URL").fill("http://10.0.0.1/private");
    await button(page, "Create").click();
    await page.getByRole("alert").filter({ hasText: "invalid_body" }).waitFor();
    await page.getByText("LOCAL_ENDPOINTS=127.0.0.1:9000 to the file .dev.vars").waitFor();
    await page.getByLabel("URL").fill(`http://${stage.shop.server.pair}/new`);
    await page.getByLabel("Description").fill("The new one");
    await page.getByText("It gets every event of every source.").waitFor();
    await page.getByRole("group", { name: "Sources" }).getByLabel("wegocod").check();
    await page.getByText("It gets sources: wegocod.").waitFor();
    await button(page, "Create").click();
    await said("The endpoint is created.");
    const shown = page.getByRole("group", { name: "The endpoint's secret" });
    const secret = await shown.locator("code").textContent();
    assert.match(secret, /^whsec_/);
    await shown.getByRole("button", { name: /^Copy/ }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
    await page.getByRole("link", { name: "Open the endpoint" }).click();
    await page.getByRole("heading", { level: 1, name: "The new one" }).waitFor();
    assert.equal(await page.getByText(secret).count(), 0);
  },
);

action("it is tested, paused, enabled, rotated, changed and replayed", async ({ page, said }) => {
  await button(page, "Send a test").click();
  const report = page.getByRole("group", { name: "Result of the test" });
  await row(report, "order status").getByText("succeeded").waitFor();
  await report.getByRole("button", { name: "Close" }).click();
  await button(page, "Pause").click();
  await confirm(page, "Pause this endpoint?", "Pause");
  await said("The endpoint is paused.");
  const { height } = await page.getByRole("status").getByText("is paused").boundingBox();
  assert.ok(height > 16, "it can be read");
  await stage.shop.dispatch.take(event({ source: "wegocod", data: { order: { id: "held" } } }));
  await row(page, "held").first().waitFor();
  for (const name of ["Replay", "Retry failed"])
    assert.equal(await button(page, name).count(), 0, name);
  await button(page, "Enable").click();
  await said("The endpoint is active.");
  await page.getByText("“Retry failed” sends the events that are held.").waitFor();
  await button(page, "Retry failed").click();
  await confirm(page, "Retry what failed or is held", "Retry");
  await said("1 delivery begins.");
  await stage.shop.server.inbox.until(
    ({ path, body }) => path === "/new" && body.includes('"held"'),
  );
  await button(page, "Rotate secret").click();
  await confirm(page, "Make a new secret?", "Rotate");
  await page.getByRole("group", { name: "The new secret" }).getByText("whsec_").waitFor();
  await button(page, "I have copied it").click();
  await page.getByRole("link", { name: "Change" }).click();
  await page.getByLabel("Description").fill("Changed");
  await button(page, "Save").click();
  await page.getByRole("heading", { level: 1, name: "Changed" }).waitFor();
  await button(page, "Replay").click();
  await confirm(page, "Send events again", "Replay");
  await said("deliveries begin.");
  // The next test counts the requests.
  const { endpoints } = (await stage.shop.dispatch.get("/v1/endpoints")).json;
  const { id } = endpoints.find(({ description }) => description === "Changed");
  await until(stage.shop.dispatch, `/v1/endpoints/${id}/deliveries?limit=200`, (answer) =>
    answer.deliveries.every(({ state }) => state === "done"),
  );
});

action("a delivery is retried", async ({ page, said }) => {
  await page.getByLabel("State").selectOption("done");
  await row(page, "wegocod").first().getByRole("link").first().click();
  await page.getByRole("heading", { level: 1, name: "Delivery" }).waitFor();
  const before = stage.shop.server.inbox.entries.filter(({ path }) => path === "/new").length;
  await button(page, "Send again").click();
  await said("The delivery begins again.");
  await stage.shop.server.inbox.untilNth(before + 1, ({ path }) => path === "/new");
});

action("it is deleted, but not when the dialog is left", async ({ page, said }) => {
  await page.getByRole("link", { name: "The endpoint", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Changed" }).waitFor();
  await button(page, "Delete").click();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  assert.ok(await button(page, "Delete").evaluate((found) => found === document.activeElement));
  await button(page, "Delete").click();
  await confirm(page, "Delete this endpoint?", "Delete");
  await said("The endpoint is deleted.");
  await page.getByRole("heading", { level: 1, name: "Endpoints" }).waitFor();
  await row(page, "The shop").waitFor();
  assert.equal(await row(page, "Changed").count(), 0);
});

action("a token is made, shown once, and deleted", async ({ page, open, said }) => {
  await open("#/tokens", "Tokens");
  await page.getByLabel("Name").fill("erp");
  await button(page, "Make").click();
  await said("The token erp is made.");
  await page
    .getByRole("group", { name: "The token erp" })
    .getByText(/^orderhook_/)
    .waitFor();
  await button(page, "I have copied it").click();
  assert.equal(await page.getByText(/orderhook_\w/).count(), 0);
  await row(page, "erp").getByRole("button", { name: "Delete" }).click();
  await confirm(page, "Delete the token erp?", "Delete");
  await said("The token erp is deleted.");
  await row(page, "erp").waitFor({ state: "detached" });
});

action("a dead letter is requeued, and another one deleted", async ({ page, open, said }) => {
  await open("#/dead-letters", "Dead letters");
  await row(page, "wakilni").getByRole("link").first().click();
  await button(page, "Requeue").click();
  await said("The message is in the queue of events again.");
  await stage.shop.dispatch.logged((line) => line.at === "event" && line.id === "dead-1");
  await row(page, "not an event").getByRole("link").click();
  await button(page, "Delete").click();
  await confirm(page, "Delete this dead letter?", "Delete");
  await page.getByText("No dead letter").first().waitFor();
});

action("an order is erased", async ({ page, open, said }) => {
  await open("#/orders/wegocod/2003", "2003");
  await button(page, "Erase").click();
  await confirm(page, "Erase this order?", "Erase");
  await said("The order is erased.");
  await page.getByRole("heading", { level: 1, name: "Orders" }).waitFor();
  await until(stage.shop.dispatch, "/v1/orders?id=2003", ({ orders }) => orders.length === 0);
});

action("the keyboard alone signs in, finds an order, reads it and erases it", async () => {
  const visitor = await openPage(stage.browser, stage.shop.dispatch);
  const { page } = visitor;
  const { keyboard } = page;
  await visitor.open("#/now", "Sign in");
  await tabTo(page, "Token");
  await keyboard.type("full-0123456789abcdef0123456789abcdef");
  await keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Now" }).waitFor();
  await tabTo(page, "Orders");
  await keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Orders" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");
  await tabTo(page, "Find an order");
  await keyboard.type("2004");
  await keyboard.press("Enter");
  await visitor.said("1 order found.");
  await tabTo(page, "2004");
  await keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "2004" }).waitFor();
  // The heading is there before the order is.
  await button(page, "Event created").waitFor();
  await tabTo(page, "Event created");
  await keyboard.press("Enter");
  await page.getByText("Delivered to").waitFor();
  await keyboard.press("Shift+Tab");
  await tabTo(page, "Erase", "Shift+Tab");
  await keyboard.press("Space");
  await tabTo(page, "Erase");
  await keyboard.press("Enter");
  await visitor.said("The order is erased.");
  await visitor.close();
});

/** Returns the name of the element that has the focus. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const label = element?.id && document.querySelector(`label[for="${element.id}"]`);
    return (element?.getAttribute("aria-label") ?? (label || element)?.textContent ?? "").trim();
  });

/** Presses a key until an element of this name has the focus. */
async function tabTo(page, name, key = "Tab") {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press(key);
    if ((await focused(page)) === name) return;
  }
  assert.fail(`the focus never came to ${name}`);
}

action(
  "no error, no violation of the policy and no request to another host has happened",
  async (opened) => assert.deepEqual(opened.complaints, []),
);
