// In this process: the package as Node imports it.
import * as orderhook from "../../pkg/node.js";
import { batch, leaveOutStackTraces } from "./batch.js";
import { clockOf } from "./clock.js";
import { prepare } from "./refusals.js";

/** Prepares this process for measurements. `compare` is the bytes of the comparison that leaks. */
export function inNode(compare) {
  leaveOutStackTraces();
  const module = new WebAssembly.Module(compare);
  const clock = clockOf(() => performance.now());
  return {
    step: clock.step,
    /** Returns a function that measures a batch of a refusal. */
    measures(refusal) {
      const ready = prepare(refusal, orderhook, module);
      return (options) => batch(ready, clock, options);
    },
    stop() {},
  };
}
