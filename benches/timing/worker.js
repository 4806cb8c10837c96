// In workerd: the package as a Worker imports it. A request measures a batch. `compare.wasm` is made from compare.wat.
import * as orderhook from "../../pkg/workerd.js";
import { batch, leaveOutStackTraces } from "./batch.js";
import { clockOf } from "./clock.js";
import compare from "./compare.wasm";
import { prepare, REFUSALS } from "./refusals.js";

leaveOutStackTraces();
const ready = new Map();
let clock;

export default {
  async fetch(request) {
    try {
      return Response.json(answer(request.method === "POST" ? await request.json() : null));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};

function answer(asked) {
  // The clock does not advance while the module is loaded.
  clock ??= clockOf(() => performance.now());
  if (asked === null) return { step: clock.step };
  const { name, options } = asked;
  if (!ready.has(name))
    ready.set(
      name,
      prepare(
        REFUSALS.find((refusal) => refusal.name === name),
        orderhook,
        compare,
      ),
    );
  return batch(ready.get(name), clock, options);
}
