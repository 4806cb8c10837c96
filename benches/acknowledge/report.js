// Prints the results as Markdown.
import { grouped, table } from "../peers/report.js";
import { AFTER, AGAIN, BEFORE, OURS } from "./contestants.js";
import { TAIL } from "./delays.js";
import { ANSWERS, against, outcomes, spread } from "./measure.js";

const KINDS = Object.keys(ANSWERS);
const COPIES = KINDS.filter((kind) => kind !== "accepted");

const milliseconds = ({ median, most }) => `${shortly(median)} · ${shortly(most)} ms`;
const shortly = (ms) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
const ratio = ({ median, most }) => `${median.toFixed(2)} · ${most.toFixed(2)}`;
const delays = ({ kvRead, kvWrite, queue }) =>
  `a read of KV ${kvRead} ms, a write ${kvWrite} ms, the queue ${queue} ms`;

/** `found` is the result of `rounds` at the medians of `delays`; `swept` a list of others, each with its `label`. */
export function report({ machine, seed, medians, found, swept }) {
  const names = [...found.keys()];
  const { count } = spread(found.get(OURS), "accepted");
  return `${machine}
- seed ${seed}: \`--seed ${seed}\` draws the same delays

Assumed, not measured, are the delays of the edge: ${delays(medians)}. These are medians; the delays of
deliveries are log-normal around them, and the longest of a hundred is ${TAIL} times the median. Each delivery waits equally long at
every Worker. What is measured is the time from a delivery to its answer, of ${grouped(count)} deliveries of each kind, in rounds in
which the Workers take turns. The first figure is the median, the second what 99 of 100 stay within.

- copy in the same moment: sent together with the delivery.
- copy after the answer: sent once the delivery has its answer.
- copy that KV alone knows: another isolate has taken the event.

${table(
  ["", ...KINDS.map((kind) => ANSWERS[kind])],
  names.map((name) => [name, ...KINDS.map((kind) => milliseconds(spread(found.get(name), kind)))]),
)}

How many times as long it takes: the median over the same deliveries; and 99 of 100 against 99 of 100. "orderhook, again" is the same
build in another process.

${table(
  ["", ...KINDS.map((kind) => ANSWERS[kind])],
  pairs(names).map(([one, other]) => [
    `${one} / ${other}`,
    ...KINDS.map((kind) => ratio(against(found.get(one), found.get(other), kind))),
  ]),
)}

Copies that became a second event, of ${grouped(count)} of each kind; and deliveries that were neither accepted nor a duplicate.

${table(
  ["", ...COPIES.map((kind) => ANSWERS[kind]), "neither"],
  names.map((name) => {
    const { second, others } = outcomes(found.get(name));
    return [name, ...COPIES.map((kind) => grouped(second(kind))), grouped(others)];
  }),
)}
${swept.length > 0 ? sweep(names, swept) : ""}
${hows(names)}`;
}

const pairs = (names) => [
  ...names.filter((name) => name !== OURS && name !== AGAIN).map((name) => [OURS, name]),
  [AGAIN, OURS],
];

const sweep = (names, swept) => `
### With other delays

One of the three is another; the rest is as above, with fewer deliveries.

${KINDS.map(
  (kind) => `${ANSWERS[kind]}:

${table(
  ["", ...names],
  swept.map(({ label, found }) => [
    label,
    ...names.map((name) => milliseconds(spread(found.get(name), kind))),
  ]),
)}`,
).join("\n\n")}
`;

function hows(names) {
  const of = {
    [OURS]: "the build, in kv mode, with one source",
    [BEFORE]:
      "`benches/worker/hand.js`, as in the Worker's bench: it reads KV, sends, writes KV, and answers. It remembers nothing itself",
    [AFTER]: "the same, but it answers before it writes KV",
  };
  return names
    .filter((name) => name !== AGAIN)
    .map((name) => `- ${name}: ${of[name] ?? "another build"}.`)
    .join("\n");
}
