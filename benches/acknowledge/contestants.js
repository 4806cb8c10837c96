// The contestants: the built Worker, other builds of it, and the Worker by hand, which marks an event before its answer or after.
import { readFileSync } from "node:fs";
import { build, hand } from "../worker/contestants.js";

const text = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

export const OURS = "orderhook";
export const AGAIN = "orderhook, again";
export const BEFORE = "by hand, mark before the answer";
export const AFTER = "by hand, mark after the answer";

const STAND_INS = { kv: { "kv.js": text("kv.js") }, queue: { "queue.js": text("queue.js") } };

/** Gives a contestant the stand-ins for KV and the queue that take their time. */
const slowed = (contestant) => ({ ...contestant, bindings: true, standIns: STAND_INS });

/** Returns the Worker that was built into `folder`, other builds, and those by hand. */
export async function contestants(folder, others) {
  const ours = build(folder);
  const builds = [{ ...ours, name: OURS }, { ...ours, name: AGAIN }, ...others.map(build)];
  return [...builds.map(slowed), ...(await byHand())];
}

/** Returns those by hand. */
export async function byHand() {
  const before = { ...(await hand()), name: BEFORE };
  const after = { ...(await hand({ marksLater: true })), name: AFTER };
  return [before, after].map(slowed);
}
