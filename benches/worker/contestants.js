// The contestants: the built Worker, and its peers.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { built, bundled } from "./modules.js";
import { SECRET } from "./scenarios.js";

const vars = { WEGOCOD_SECRET: SECRET };
const SOURCES = { wegocod: { provider: "wegocod", secrets: ["WEGOCOD_SECRET"] } };

export const OURS = "orderhook";
export const AGAIN = "orderhook, again";
export const STRICT = "orderhook, strict";
export const HAND = "by hand";
export const UNTIMED = "by hand, no deadlines";
export const LATER = "by hand, mark after the answer";
export const HONO = "Hono and tern";

/** Returns those with KV and the queue in memory: the first of `folders` is the Worker, the others are compared with it. */
export async function contestants(folders) {
  const [ours, ...others] = folders.map(build);
  return [
    { ...ours, name: OURS },
    { ...ours, name: AGAIN },
    ...(ours.claims
      ? [{ ...ours, name: STRICT, strict: true, vars: { ...ours.vars, DEDUP: "strict" } }]
      : []),
    ...others,
    await hand(),
    { ...(await hand({ deadlines: false })), name: UNTIMED },
    { ...(await hand({ marksLater: true })), name: LATER },
    { name: HONO, modules: await bundled("hono.js", { node: true }), vars },
  ];
}

/** Returns the Worker that was built into a folder. */
export function build(folder) {
  if (!existsSync(join(folder, "entry.js")))
    throw new Error(`there is no build of the Worker in ${folder}`);
  const modules = built(folder);
  return {
    name: folder,
    modules,
    vars: { ...vars, SOURCES },
    claims: modules["entry.js"].includes("Claims"),
  };
}

/** Returns the Worker by hand: with `deadlines` for KV and the queue; with `marksLater` it answers before it writes KV. */
export async function hand({ deadlines = true, marksLater = false } = {}) {
  const define = { DEADLINES: String(deadlines), MARKS_LATER: String(marksLater) };
  return { name: HAND, modules: await bundled("hand.js", { define }), vars };
}
