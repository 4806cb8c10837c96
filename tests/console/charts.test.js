// The charts, and what they say to those who cannot see them.
import assert from "node:assert/strict";
import { openStage } from "./stage.js";

const stage = openStage();

stage.test("each chart is a table, too, for the day and for the week", async ({ page, open }) => {
  await open("#/charts", "Charts");
  for (const span of ["day", "week"]) {
    await page.getByLabel("Time").selectOption(span);
    await page.getByText("Refused and failed, by code as a table").click();
    const table = page.getByRole("table", { name: "Refused and failed, by code" });
    await table.getByRole("columnheader", { name: "signature mismatch" }).waitFor();
    assert.equal(await page.locator("figure canvas").count(), 4);
    await page.getByRole("heading", { name: "Attempts to endpoints" }).waitFor();
  }
  await page.getByLabel("Source").selectOption("wegocod");
  await page.getByText("timestamp out of tolerance").first().waitFor();
  assert.equal(await page.getByText("signature mismatch").count(), 0);
});
