// Each view of the console, by its roles: what it shows, and what it says when there is nothing, or something is wrong.
import assert from "node:assert/strict";
import { event } from "../support/dispatch.js";
import { openPage, showPayload, signedIn } from "./browser.js";
import { until } from "./shop.js";
import { openStage } from "./stage.js";

const stage = openStage();
const view = stage.test;

/** Makes the first event of a new order. */
const wakilni = (id, source = "wakilni") =>
  event({
    source,
    time: new Date().toISOString(),
    data: { order: { id }, status: { now: "created", phase: "open" } },
  });

const row = (page, text) => page.getByRole("row").filter({ hasText: text });

view("a wrong token is refused, and the right one opens the view that was asked for", async () => {
  const visitor = await openPage(stage.browser, stage.shop.dispatch);
  const { page } = visitor;
  await visitor.open("#/audit", "Sign in");
  await page.getByLabel("Token").fill("wrong-0123456789abcdef0123456789abcdef");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "dispatch does not know this token" }).waitFor();
  await page.getByLabel("Token").fill("full-0123456789abcdef0123456789abcdef");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Audit" }).waitFor();
  await visitor.said("Signed in.");
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Audit" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await visitor.close();
});

view("a link with a code signs in once, and the address keeps no code", async () => {
  const { json } = await stage.shop.dispatch.post("/v1/session/codes", {});
  const first = await openPage(stage.browser, stage.shop.dispatch);
  await first.open(`#code=${json.code}`, "Now");
  assert.ok(!first.page.url().includes(json.code));
  await first.page.reload();
  await first.page.getByRole("heading", { level: 1, name: "Now" }).waitFor();
  await first.close();
  const second = await openPage(stage.browser, stage.shop.dispatch);
  await second.open(`#code=${json.code}`, "Sign in");
  await second.said("This link has been used");
  assert.ok(!second.page.url().includes(json.code));
  await second.close();
});

view("a session that ends while the page is open leads to the sign-in, and back", async () => {
  const { json } = await stage.shop.dispatch.post("/v1/tokens", { name: "short", access: "read" });
  const visitor = await signedIn(stage.browser, stage.shop.dispatch, { token: json.secret });
  const { page } = visitor;
  await page.getByText("read only").waitFor();
  await stage.shop.dispatch.delete("/v1/tokens/short");
  await page.getByRole("link", { name: "Tokens" }).click();
  await page.getByText("Your session has ended. Sign in again.").waitFor();
  await visitor.close();
});

view("a read-only token sees everything, and is offered no change", async () => {
  const { json } = await stage.shop.dispatch.post("/v1/tokens", { name: "reader", access: "read" });
  const visitor = await signedIn(stage.browser, stage.shop.dispatch, { token: json.secret });
  const { page } = visitor;
  await visitor.open("#/orders/wakilni/1001", "1001");
  await page.getByRole("list").filter({ hasText: "delivered" }).first().waitFor();
  assert.equal(await page.getByRole("button", { name: "Erase" }).count(), 0);
  await visitor.open("#/endpoints", "Endpoints");
  await page.getByRole("link", { name: "The shop" }).click();
  await page.getByRole("heading", { level: 1, name: "The shop" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0);
  await visitor.open("#/endpoints/new", "Create an endpoint");
  await page.getByText("Your token may only read.").waitFor();
  await visitor.close();
});

view(
  "Now shows figures, and each event as it comes, until it is paused",
  async ({ page, open }) => {
    await open("#/now", "Now");
    await page.getByLabel("Overview").getByText("Dead letters").waitFor();
    await row(page, "signature mismatch").getByText("The secret differs").waitFor();
    await row(page, "signature mismatch").getByRole("link", { name: "wakilni" }).waitFor();
    assert.equal(await row(page, "duplicate").getByRole("link").count(), 0);
    await stage.shop.dispatch.take(wakilni("live-1"));
    await row(page, "live-1").getByText("created").waitFor();
    const pause = page.getByRole("button", { name: "Pause" });
    await pause.click();
    await stage.shop.dispatch.take(wakilni("live-2"));
    await page.getByRole("button", { name: "Go on" }).click();
    await row(page, "live-2").waitFor();
    await page.getByLabel("Source", { exact: true }).selectOption("wegocod");
    await row(page, "2001").first().waitFor();
    assert.equal(await row(page, "live-2").count(), 0);
    assert.match(page.url(), /source=wegocod/);
  },
);

view("a source streams its events", async ({ page, open }) => {
  await open("#/now?source=wakilni", "Now");
  await row(page, "1002").first().waitFor();
  await stage.shop.dispatch.take(wakilni("streamed"));
  await row(page, "streamed").waitFor();
});

view("an event that comes late has a note, and one that comes in time has none", async (opened) => {
  const { page, open } = opened;
  const step = (now, phase, hours) => ({
    ...wakilni("late-1"),
    id: `late-1-${now}`,
    time: new Date(Date.now() - hours * 3_600_000).toISOString(),
    data: { ...wakilni("late-1").data, status: { now, phase } },
  });
  await stage.shop.dispatch.take(step("delivered", "closed", 1), step("packed", "open", 2));
  await open("#/now", "Now");
  assert.match(await row(page, "packed").textContent(), /packed · late, fills a gap$/);
  assert.match(await row(page, "delivered").first().textContent(), /delivered$/);
  await open("#/orders/wakilni/late-1", "late-1");
  const moments = page.getByRole("listitem").filter({ hasText: "Event" });
  await moments.filter({ hasText: "packed · late, fills a gap" }).waitFor();
  assert.equal(await moments.count(), 2);
  assert.equal(await moments.filter({ hasText: "·" }).count(), 1);
});

view("Orders are found by each of their names", async ({ page, open, said }) => {
  await open("#/orders", "Orders");
  await row(page, "SHOP-1002").getByText("attempt failed").waitFor();
  for (const name of ["1002", "SHOP-1002", "WB-1002"]) {
    await page.getByLabel("Find an order").fill(name);
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("Found by").filter({ hasText: name }).waitFor();
    await said("1 order found.");
    await row(page, "SHOP-1002").waitFor();
    assert.equal(await page.getByRole("row").count(), 2);
  }
  await page.getByLabel("Find an order").fill("nothing");
  await page.keyboard.press("Enter");
  await page.getByText("No order has this id, reference or tracking number").waitFor();
  await page.getByRole("button", { name: "Show all orders" }).click();
  await page.getByLabel("Phase").selectOption("closed");
  await row(page, "1001").waitFor();
  assert.equal(await row(page, "1002").count(), 0);
  await page.reload();
  await row(page, "1001").waitFor();
  assert.equal(await page.getByLabel("Phase").inputValue(), "closed");
});

view(
  "an order has its timeline, and each event its deliveries and its payload",
  async ({ page, open }) => {
    await open("#/orders/wakilni/1001", "1001");
    await page.waitForFunction(() => document.title === "Order 1001 · orderhook");
    await page.getByText("delivered").first().waitFor();
    await page.getByRole("button", { name: "Event attempt failed" }).click();
    await row(page, "The shop").getByText("delivered").waitFor();
    await page.getByText("Amal Example, +212 600 000 000").waitFor();
    await (await showPayload(page)).getByText("{}").waitFor();
    await page.getByRole("row").filter({ hasText: "Poster" }).getByText("P-1").waitFor();
  },
);

view("an order's parcel leads to its carrier's page", async ({ page, open }) => {
  const order = (id, url) => ({ id, tracking_number: `WB-${id}`, tracking_url: url });
  const parcel = (id, url) => event({ data: { order: order(id, url) } });
  const address = "https://carrier.example/track?n=WB-9001";
  await stage.shop.dispatch.take(
    parcel("9001", address),
    parcel("9002", "javascript:complain('it ran')"),
  );
  await open("#/orders/wakilni/9001", "9001");
  const link = row(page, "WB-9001").getByRole("link", { name: address });
  assert.equal(await link.getAttribute("href"), address);
  await open("#/orders/wakilni/9002", "9002");
  await row(page, "WB-9002").getByText("javascript:complain('it ran')").waitFor();
  assert.equal(await row(page, "WB-9002").getByRole("link").count(), 0);
});

view("a delivery that failed shows its attempts and the answers", async ({ page, open }) => {
  await open("#/endpoints", "Endpoints");
  await row(page, "ERP, which fails").getByText("every event of every source").waitFor();
  await row(page, "ERP, which fails").locator(".mark.bad", { hasText: "failing since" }).waitFor();
  await row(page, "The shop").getByText("active").waitFor();
  await page.getByRole("link", { name: "ERP, which fails" }).click();
  await page.getByRole("heading", { level: 1, name: "ERP, which fails" }).waitFor();
  await page.getByText("It gets every event of every source, with the customers' data.").waitFor();
  const failed = row(page, "1002").filter({ hasText: "attempt failed" });
  await failed.locator(".mark.warn", { hasText: "attempt failed" }).waitFor();
  await row(page, "503").first().getByRole("link").first().click();
  await page.getByRole("heading", { level: 1, name: "Delivery" }).waitFor();
  await row(page, "closed for maintenance").first().getByText("503").waitFor();
});

view("an endpoint that is paused is not said to get everything", async ({ page, open }) => {
  const body = { url: `http://${stage.shop.server.pair}/paused`, active: false };
  const { json } = await stage.shop.dispatch.post("/v1/endpoints", body);
  await open(`#/endpoints/${json.id}`, "Endpoint");
  await page.getByText("It gets nothing now").waitFor();
  assert.equal(await page.getByText("It gets every event").count(), 0);
});

view("the audit names endpoints, and dispatch where nobody asked", async ({ page, open }) => {
  const { dispatch, server } = stage.shop;
  const endpoint = { url: `http://${server.pair}/gone`, filter: { sources: ["gone"] } };
  await dispatch.post("/v1/endpoints", { ...endpoint, description: "Closed for good" });
  await dispatch.take(wakilni("gone-1", "gone"));
  await until(dispatch, "/v1/audit", ({ entries }) =>
    entries.some(({ action }) => action === "endpoint_disabled"),
  );
  await open("#/audit", "Audit");
  await row(page, "endpoint disabled").getByText("dispatch itself").waitFor();
  await row(page, "endpoint disabled").getByRole("link", { name: "Closed for good" }).waitFor();
});

view("a source has its state, its address, and what its refusals mean", async ({ page, open }) => {
  await open("#/sources", "Sources");
  await row(page, "gooten").getByText("not ready").waitFor();
  await page.getByRole("link", { name: "gooten" }).click();
  await page.getByText("the secret `GOOTEN_TOKEN` is not set").waitFor();
  await page.getByText("/hooks/gooten/‹token›").waitFor();
  await row(page, "source not configured").getByText("mend it and deploy").waitFor();
  await open("#/sources/wegocod", "wegocod");
  await page.getByText("always dropped", { exact: true }).waitFor();
  const ranges = page.getByRole("table", { name: "Latencies" }).locator("td:first-child");
  assert.deepEqual(await ranges.allTextContents(), ["5 – 10", "50 – 100"]);
});

view("the source that has been silent for longest can come first", async ({ page, open }) => {
  await open("#/sources", "Sources");
  const names = () => page.getByRole("row").getByRole("link").allTextContents();
  await row(page, "wakilni").waitFor();
  assert.deepEqual((await names()).toSorted(), await names());
  await page.getByLabel("Sort", { exact: true }).selectOption("Longest silent first");
  await page.waitForFunction(() => document.querySelector("td a")?.textContent === "wegocod");
  assert.equal((await names()).at(-1), "shop", "a source that has had no event comes last");
});

view("dead letters, tokens and the audit are listed", async ({ page, open }) => {
  await open("#/dead-letters", "Dead letters");
  await row(page, "not an event").getByRole("link").click();
  await page
    .getByRole("region", { name: "Content of the dead letter" })
    .getByText("poison")
    .waitFor();
  await open("#/tokens", "Tokens");
  await row(page, "reports").getByText("read only").waitFor();
  await open("#/audit", "Audit");
  await row(page, "token created").first().getByText("DISPATCH_TOKEN").waitFor();
});

view("an address without a view, and what is not there, say so", async ({ page, open }) => {
  await open("#/nowhere", "Nothing is here");
  await open("#/orders/wakilni/none", "none");
  await page.getByRole("alert").filter({ hasText: "order_not_found" }).waitFor();
  await open("#/endpoints/none", "Endpoint");
  await page.getByRole("alert").filter({ hasText: "the address is wrong" }).waitFor();
  assert.equal(await page.getByRole("alert").count(), 1);
  assert.equal(await page.getByRole("heading", { name: "Deliveries" }).count(), 0);
  await open("#/sources/none", "none");
  await page.getByText("There is no source of this name.").waitFor();
});

view("a list that is long is loaded page by page", async ({ page, open }) => {
  const many = Array.from({ length: 60 }, (_, n) => wakilni(`many-${n}`, "many"));
  await stage.shop.dispatch.take(...many);
  await open("#/orders?source=many", "Orders");
  await row(page, "many-59").waitFor();
  assert.equal(await page.getByRole("row").count(), 51);
  await page.getByRole("button", { name: "Show more" }).click();
  await row(page, "many-0").first().waitFor();
  assert.equal(await page.getByRole("row").count(), 61);
});

view("while dispatch cannot be reached a view says so, and tries again", async ({ page, open }) => {
  await page.route("**/v1/tokens", (route) => route.abort());
  await open("#/tokens", "Tokens");
  const alert = page.getByRole("alert").filter({ hasText: "Dispatch cannot be reached" });
  await alert.waitFor();
  await page.unroute("**/v1/tokens");
  await alert.getByRole("button", { name: "Try again" }).click();
  await row(page, "reports").waitFor();
});

view("Now goes on by itself once dispatch is back", async ({ page, open }) => {
  await open("#/now", "Now");
  await row(page, "created").first().waitFor();
  await page.route("**/v1/**", (route) => route.abort());
  const latest = page.getByRole("region", { name: "Latest events", exact: true });
  await latest.getByRole("alert").waitFor();
  const old = page.getByText("These figures are old. Dispatch cannot be reached");
  await old.first().waitFor();
  await page.unroute("**/v1/**");
  await stage.shop.dispatch.take(wakilni("back-1"));
  await row(page, "back-1").waitFor();
  await latest.getByRole("alert").waitFor({ state: "detached" });
});

view("a view that cannot be loaded says why, and is loaded later", async () => {
  const visitor = await signedIn(stage.browser, stage.shop.dispatch);
  const { page } = visitor;
  await page.route("**/views/audit.js", (route) => route.abort());
  await page.getByRole("link", { name: "Audit" }).click();
  const alert = page.getByRole("alert").filter({ hasText: "Dispatch cannot be reached" });
  await alert.waitFor();
  await page.unroute("**/views/audit.js");
  await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { level: 1, name: "Audit" }).waitFor();
  await visitor.close();
});

view(
  "no error, no violation of the policy and no request to another host has happened",
  async (opened) => {
    assert.deepEqual(opened.complaints, []);
  },
);
