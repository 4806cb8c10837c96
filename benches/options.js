// The options of each bench: `npm run bench -- --help` describes them.
const text = { type: "string" };
const flag = { type: "boolean" };

export const TIMING = { wasm: flag };
export const PACKAGE = { quick: flag, package: { ...text, default: "pkg" } };
export const WORKER = { quick: flag, build: { ...text, multiple: true }, only: text, memory: flag };
export const DISPATCH = { events: { ...text, default: "100000" } };
