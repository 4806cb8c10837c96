// Explain runs the package in the page: it finds the cause, drafts a definition, and sends nothing anywhere.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { openStage } from "./stage.js";

const SECRET = "acme-example-secret";
const BODY = JSON.stringify({
  id: "evt_7Q2",
  type: "parcel.state_changed",
  parcel: {
    number: "AX-100200",
    state: "ON VEHICLE",
    changed: "2026-05-09T11:58:20+01:00",
    link: "https://acme.example/t/AX-100200",
    to: { name: "Amal Example", phone: "+212600000000", town: "Casablanca" },
  },
});
const tag = (body, encoding) => createHmac("sha256", SECRET).update(body).digest(encoding);

/** Returns a captured delivery, as people paste it. */
const capture = (headers, body = BODY) =>
  ["POST /hooks/acme HTTP/1.1", "Host: hooks.example.com", ...headers, "", body].join("\n");

const sent = [];
const stage = openStage({
  ready: ({ page }) =>
    page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`)),
});
const view = stage.test;

async function ask({ page, open }, { provider, secret, text, name }) {
  await open("#/now", "Now");
  await open("#/explain", "Explain");
  await page.getByLabel("Provider").selectOption(provider);
  await page.getByLabel("The delivery", { exact: true }).fill(text);
  await page.getByLabel("Secret").fill(secret);
  if (name) await page.getByLabel("Name for the sender").fill(name);
  await page.getByRole("button", { name: provider ? "Explain" : "Draft a definition" }).click();
}

view("a delivery that verifies is said to, and shows its event", async (opened) => {
  const body =
    '{"event_id":"e1","event":"Order Confirmed","data":{"order_id":"77","waybill":"W1"}}';
  const headers = [`x-webhook-signature: ${tag(body, "base64")}`];
  await ask(opened, { provider: "wakilni", secret: SECRET, text: capture(headers, body) });
  await opened.page.getByRole("heading", { name: "It verifies", exact: true }).waitFor();
  await opened.said("It verifies.");
  await opened.page.getByRole("region", { name: "Event" }).getByText('"subject": "77"').waitFor();
});

view("the cause of a mismatch is named, with what to do", async (opened) => {
  const body =
    '{"event_id":"e1","event":"Order Confirmed","data":{"order_id":"77","waybill":"W1"}}';
  const headers = [`x-webhook-signature: ${tag(body, "base64")}`];
  const text = capture(headers, body);
  await ask(opened, { provider: "wakilni", secret: ` ${SECRET} `, text });
  await opened.page.getByRole("heading", { name: "It does not verify" }).waitFor();
  await opened.page.getByText("secret blanks").waitFor();
});

view("what is no delivery is refused, with the line", async (opened) => {
  await ask(opened, { provider: "wakilni", secret: SECRET, text: "not a delivery" });
  await opened.page.getByRole("alert").filter({ hasText: "is not a header" }).waitFor();
});

view("a definition is drafted that proves the delivery, and can be changed", async (opened) => {
  const { page } = opened;
  const text = capture([`X-Acme-Signature: sha256=${tag(BODY, "hex")}`]);
  await ask(opened, { provider: "", secret: SECRET, text, name: "acme" });
  await page.getByText("it proves this delivery with your secret").waitFor();
  const draft = page.getByLabel("Definition (TOML)");
  const toml = await draft.inputValue();
  assert.match(toml, /prefix = "sha256="/);
  assert.match(toml, /\[event\]\nid = "\/id"\ntime = "\/parcel\/changed"/);
  assert.match(toml, /out_for_delivery = \["ON VEHICLE"\]/);
  await page
    .getByRole("region", { name: "Event" })
    .getByText('"now": "out_for_delivery"')
    .waitFor();
  await draft.fill(toml.replace('encoding = "hex"', 'encoding = "hax"'));
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("alert").filter({ hasText: "scheme.signature.encoding" }).waitFor();
  await draft.fill("= nothing");
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("alert").filter({ hasText: "TOML" }).filter({ hasText: "line 1" }).waitFor();
  assert.equal(await page.getByText("The definition is right. Save").count(), 0);
  assert.equal(await page.getByText("it proves this delivery").count(), 0);
});

view("neither the secret nor the delivery has left the page", async ({ complaints }) => {
  assert.ok(sent.length > 0);
  for (const one of sent) {
    assert.ok(!one.includes(SECRET), one.slice(0, 80));
    assert.ok(!one.includes("AX-100200"), one.slice(0, 80));
  }
  assert.deepEqual(complaints, []);
});
