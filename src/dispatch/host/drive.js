// Drives the module. This is the JavaScript half of the executor; the protocol is at the top of
// its lib.rs.
import { fetch, initSync, resume } from "./index.js";
import { open } from "./host.js";
import module from "./index_bg.wasm";
import { enter, lost } from "./instance.js";

initSync({ module });

/** The number of the last task. Each number is used once, in all instances. */
let tasks = 0;

/** Answers a request. Returns its response, or a promise of it that outlives the request. */
export function answer(request, env, ctx) {
  const answered = run(env, (host, number) =>
    fetch(request, host, number, request.method, request.url),
  );
  // If a caller hangs up before it has its answer, the task would otherwise end anywhere.
  if (answered instanceof Promise) ctx.waitUntil(answered);
  return answered;
}

/** Runs a task that `begin` starts. Returns its result, or a promise of it. */
export function run(env, begin) {
  const host = open(env);
  const number = ++tasks;
  const step = enter(() => begin(host, number));
  return step instanceof Promise ? drive(number, step) : step;
}

/** Awaits the promises of a task and resumes it, until it has its result. */
async function drive(number, first) {
  let step = first;
  while (step instanceof Promise) {
    const [failed, value] = await settled(step);
    step = enter(() => resume(number, failed, value));
    if (step === undefined) throw lost();
  }
  return step;
}

const settled = (promise) =>
  promise.then(
    (value) => [false, value],
    (error) => [true, error],
  );
