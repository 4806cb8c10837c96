// What the Workers of the tests have in common: the date and the queues of their configurations, and the form of a binding.
import { readFileSync } from "node:fs";

/** The compatibility date that the Worker is deployed with. */
export const [, COMPATIBILITY_DATE] = readFileSync(
  new URL("../../wrangler.toml", import.meta.url),
  "utf8",
).match(/^compatibility_date = "([^"]+)"/m);

export const EVENTS_QUEUE = "orderhook-events";
export const DEAD_LETTER_QUEUE = "orderhook-dead-letters";
export const ACTIVITY_QUEUE = "orderhook-activity";

export const present = (env) =>
  Object.fromEntries(Object.entries(env).filter(([, binding]) => binding !== undefined));
export const settings = (all) =>
  Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, variable(value)]);
const variable = (value) =>
  typeof value === "string" ? { type: "text", value } : { type: "json", value };
