// What the timing bench prints: Markdown.
import { grouped, table } from "../peers/report.js";
import { DETECTABLE, RULE } from "./verdict.js";
import { USUAL } from "./welch.js";

/** Returns the report. `node`, `workerd` and `http` are the results from each place. */
export const report = ({ machine, seed, node, workerd, http }) => `${machine}
- \`SEED=${seed}\` draws the classes in the same order again

Each sample is of one of two classes, drawn at random. The difference is that of the classes' means over the fastest
${100 * USUAL} % of the samples, with its standard error. |t| is the largest over seven shares of a batch, and the median of
the batches. A refusal leaks if ${RULE}, and does
so again in another process, whose memory has another layout. "Detectable" is the difference that one process finds with a
probability of 98 %: ${DETECTABLE} standard errors of a batch. A control is the refusal of a hex tag followed by a comparison, also in
WebAssembly, that stops at the first different byte of 32. Errors are made without stack traces, whose noise would hide small
differences.

### In Node

The clock has steps of ${grouped(node.step * 1e6)} ns. A sample is one call.

${results(node, "call")}

### In workerd

The clock has steps of ${workerd.step} ms. A sample is the number of calls that fit between two steps.

${results(workerd, "call")}

That is the clock of local workerd. In a deployed Worker the clock
[advances only after I/O](https://developers.cloudflare.com/workers/runtime-apis/performance/), so code there cannot time a
refusal. An observer can only time whole requests, over a network.

### Over HTTP

The built Worker on the same machine, without a network in between. A sample is one request.

${results(http, "request")}

${reach(node, http)}`;

const results = ({ found }, unit) =>
  table(["", "samples", `a ${unit}`, "difference", "detectable", "\\|t\\|", ""], found.map(row));

function row({ name, samples, call, difference, error, detectable, t, ...rest }) {
  const ns = (value) => (call > 10_000 ? grouped(value) : value.toFixed(1));
  const apart = `${ns(difference)} ± ${ns(error)} ns`;
  const measured = [
    grouped(samples),
    `${grouped(call)} ns`,
    apart,
    `${ns(detectable)} ns`,
    t.toFixed(1),
  ];
  return [name, ...measured, said(rest)];
}

function said({ isControl, leaks }) {
  if (isControl) return leaks ? "caught" : "NOT CAUGHT";
  return leaks ? "LEAKS" : "no leak";
}

/** Says how many requests would show a leak of the first control's size: four times as many show half the difference. */
function reach(node, http) {
  const { difference } = node.found.find(({ isControl }) => isControl);
  const { detectable, samples, batches } = http.found.find(({ isControl }) => !isControl);
  const millions = Math.ceil(((samples / batches) * (detectable / difference) ** 2) / 1e6);
  const size = `${difference.toFixed(0)} ns`;
  return `A leak of the first control's size in Node, ${size}, is far too small to show here. To detect it, a batch would
need about ${grouped(millions)} million requests, and more over a network.`;
}

/**
 * Counts the refusals that leak and the controls that were not caught. The bench fails if a refusal leaks. A machine on which a
 * control cannot be caught is too noisy to measure anything: that fails the bench if it `mustBeMeasured`, and is said otherwise.
 */
export function summary(found, { mustBeMeasured }) {
  const leaks = found.filter(({ isControl, leaks }) => !isControl && leaks).length;
  const missed = found.filter(isMissed).length;
  const counts = `${leaks} of the refusals leak; ${missed} of the controls were not caught`;
  return {
    failed: leaks > 0 || (mustBeMeasured && missed > 0),
    text:
      missed > 0
        ? `${counts}\nNOT MEASURED: this machine was too noisy. Measure again when it is idle.`
        : counts,
  };
}

/** Whether a control was not caught. */
export const isMissed = ({ isControl, leaks }) => isControl && !leaks;
