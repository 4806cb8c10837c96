// Prints the results of the Worker's bench as Markdown.
import { aimsText, grouped, table } from "../peers/report.js";
import { AGAIN, HAND, HONO, LATER, OURS, STRICT, UNTIMED } from "./contestants.js";
import { against, cost, pace } from "./measure.js";

const LABELS = {
  accepted: "accepted",
  "bad-tag": "wrong tag",
  "no-header": "no tag",
  "not-found": "404",
  "16-kb": "16 KB",
  "64-kb": "64 KB",
  duplicate: "duplicate, remembered",
  "duplicate-kv": "duplicate, by KV",
};

const BOUND = ", bindings";
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const middle = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** `found` is the result of `measure`, `first` that of `firstRequests`, or null. */
export function report({ machine, scenarios, found, first }) {
  const named = (name, bindings = false) =>
    found.find((one) => one.name === name && Boolean(one.bindings) === bindings);
  const inMemory = found.filter(({ bindings }) => !bindings);
  const bound = found.filter(({ bindings }) => bindings);
  const apart = Math.max(...found.flatMap(({ apart }) => apart));
  const rounds = named(OURS).slices[scenarios[0]];
  const launches = new Set(rounds.map(({ launched }) => launched)).size;
  const percent = (apart * 100).toFixed(1);

  return `${machine}

Each Worker runs in a workerd of its own, on one core; what posts to it runs on another, over 12 connections that stay open.
${launches} launches; in each, after it is warm, rounds of short slices, ${rounds.length} in all, in which the Workers take
turns in an order that changes. Processor time is what Linux counts for all threads of a process. A figure is the median of
slices; a ratio is the median of the ratios of two slices of one round, and behind it are the least and the most of the launches'
own medians. "orderhook, again" is the same build in another process: as far as it is from 1.00, so little do others mean. Threads
that ended would be missing from the sum: it and what Linux counts for the whole process were in the end ${percent} %
apart at the most.

### Processor time a request, in microseconds

KV and the queue are plain memory in the Worker's isolate, the same for all, so that what is measured is the Worker.

${table(
  ["", ...scenarios.map((name) => LABELS[name])],
  inMemory.map((one) => [
    one.name,
    ...scenarios.map((name) => (one.slices[name] ? grouped(cost(one, name)) : "")),
  ]),
)}

### Ratios

${table(["", ...scenarios.map((name) => LABELS[name])], ratioRows(named, inMemory).map(row(scenarios)))}
${bound.length > 0 ? `\n${boundText(bound, named)}\n` : ""}
${paceText([...inMemory, ...bound].filter(({ slices }) => slices.accepted))}
${first ? `\n${firstText(first)}\n` : ""}
${contestantsText(inMemory)}

${aimsText(aims(named, scenarios, first))}`;
}

const spread = ({ ratio, least, most }) =>
  `${ratio.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;

const row =
  (scenarios) =>
  ([label, one, other]) => [
    label,
    ...scenarios.map((name) =>
      one.slices[name] && other.slices[name] ? spread(against(one, other, name)) : "",
    ),
  ];

function ratioRows(named, inMemory) {
  const known = [OURS, AGAIN, STRICT, HAND, UNTIMED, LATER, HONO];
  const others = inMemory.filter(({ name }) => !known.includes(name));
  const pairs = [
    [OURS, HAND],
    [OURS, HONO],
    [AGAIN, OURS],
    [STRICT, OURS],
    [STRICT, HAND],
    [OURS, UNTIMED],
    [OURS, LATER],
    ...others.flatMap(({ name }) => [
      [name, OURS],
      [name, HAND],
    ]),
  ];
  return pairs
    .map(([name, other]) => [`${name} / ${other}`, named(name), named(other)])
    .filter(([, one, other]) => one && other);
}

function boundText(bound, named) {
  const pair = (name, other) => [
    `${name} / ${other}`,
    spread(against(named(name, true), named(other, true), "accepted")),
  ];
  return `The same with workerd's own bindings, to a KV and a queue that are Workers in the same process: their three turns, and
the runtime's way there and back, are most of it.

${table(
  ["", "accepted"],
  bound.map((one) => [`${one.name}`, grouped(cost(one, "accepted"))]),
)}

${table(["", "accepted"], [pair(OURS, HAND), pair(OURS, HONO), pair(AGAIN, OURS)])}`;
}

const paceText = (all) =>
  all.length === 0
    ? ""
    : `### Pace and memory

Of accepted deliveries, twelve at a time; and what the process holds in the end.

${table(["", "requests a second", "median", "99 of 100 within", "memory"], all.map(paceRow))}`;

function paceRow(one) {
  const { rate, p50, p99 } = pace(one, "accepted");
  const name = one.bindings ? one.name + BOUND : one.name;
  return [
    name,
    grouped(rate),
    `${p50.toFixed(1)} ms`,
    `${p99.toFixed(1)} ms`,
    megabytes(middle(one.rss)),
  ];
}

const firstText = ({ launches, table: rows }) => `### The start, and the first request

The processor time until it listens, workerd's own among it; how much longer the first request takes than the median of the 20 behind
it, in a workerd that listens already; and the processor time of both together: a start that prepares the first request must not
cost more than it saves. Medians of ${launches} launches of each, in turn; the ratio is the median of the ratios of two launches of one
turn.

${table(
  [
    "",
    "until it listens",
    "first request",
    "first request, by the clock",
    "both",
    `both / ${[...rows.keys()][0]}`,
  ],
  [...rows].map(([name, { ms, cpu, start, sum, ratio }]) => [
    name,
    `${start.toFixed(1)} ms`,
    `${cpu.toFixed(1)} ms`,
    `${ms.toFixed(1)} ms`,
    `${sum.toFixed(1)} ms`,
    ratio.toFixed(2),
  ]),
)}`;

/** Reports `firstRequests` alone. */
export const firstReport = ({ machine, first }) => `${machine}

${firstText(first)}

${aimsText(firstAims(first))}`;

function contestantsText(inMemory) {
  const hows = {
    [OURS]: "the build, in kv mode, with one source",
    [STRICT]: 'the same with `dedup = "strict"` and its Durable Object, in the same process',
    [HAND]:
      "`benches/worker/hand.js`: plain JavaScript on WebCrypto, with a key that is imported once and the event of " +
      "`benches/peers/plain/`. It has the same cap on bodies, and a timer around each call of KV and the queue. It leaves out " +
      "events of deliveries that are not understood, bodies too large for a message, ids too long for a key, several " +
      "secrets and more than one source",
    [UNTIMED]: "the same without the timers",
    [LATER]: "the same, timers and all, but it answers before it writes KV",
    [HONO]:
      "`benches/worker/hono.js`: Hono for the routes, @hookflo/tern's `WebhookVerificationService`, and the same event; no " +
      "cap, no deadlines, and numbers as `JSON.parse` has them. tern takes Node's modules, which workerd has",
  };
  const lines = inMemory
    .filter(({ name }) => hows[name])
    .map(({ name }) => `- ${name}: ${hows[name]}.`);
  return `Before it is measured, each must accept, know a duplicate, refuse a wrong tag and none, and answer 404; and put the same
event on the queue as the others. Each writes one line of JSON to the log. A delivery is WeGoCod's sample, and each is of another
order; the larger ones have more lines, and more in a line than an event takes. A duplicate that is remembered repeats a delivery that
the same isolate has just accepted. One by KV is of an event that only KV knows, as where another isolate took it.

${lines.join("\n")}`;
}

/** Compares this run with the Worker's aims. */
function aims(named, scenarios, first) {
  const most = (bound, name, other) => (scenario) => {
    const { ratio } = against(named(name), named(other), scenario);
    return [
      `${LABELS[scenario]}: at most ${bound.toFixed(2)} of ${other}`,
      { met: ratio <= bound, found: ratio.toFixed(2) },
    ];
  };
  const among = (...names) => names.filter((name) => scenarios.includes(name));
  return [
    ...among("accepted").map(most(1.05, OURS, HAND)),
    ...among("accepted").map(most(0.95, OURS, HAND)),
    ...among("accepted").map(most(0.6, OURS, HONO)),
    ...among("bad-tag", "16-kb").map(most(1.05, OURS, HAND)),
    ...among("no-header", "not-found", "duplicate", "duplicate-kv").map(most(1, OURS, HAND)),
    ...among("64-kb").map(most(0.9, OURS, HAND)),
    ...(first ? firstAims(first) : []),
  ];
}

function firstAims({ table }) {
  const { cpu, ms } = table.get(OURS);
  const found = `${cpu.toFixed(1)}, and ${ms.toFixed(1)} by the clock`;
  return [["first request: at most 3.5 ms of processor time", { met: cpu <= 3.5, found }]];
}

/** `held` is bytes by name and mark. */
export function memoryReport({ machine, marks, held }) {
  const last = (name) => held.get(name).at(-1);
  const share = last(OURS) / last(HAND);
  const aim = `after ${grouped(marks.at(-1))} deliveries: at most 1.05 of ${HAND}`;
  return `${machine}

What the process holds after so many accepted deliveries, each of another order: the median of the last readings, one after each
thousand.

${table(
  ["", ...marks.map((mark) => grouped(mark)), `in the end / ${HAND}`],
  [...held].map(([name, rss]) => [
    name,
    ...rss.map(megabytes),
    (last(name) / last(HAND)).toFixed(2),
  ]),
)}

${aimsText([[aim, { met: share <= 1.05, found: share.toFixed(2) }]])}`;
}
