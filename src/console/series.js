// Makes the lines of charts from the history of dispatch.
import { aboutCode } from "./refusals.js";
import { plain } from "./words.js";

/** The longest times of the buckets of a latency, in milliseconds. The last bucket has no bound. */
const BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/** How many codes have a line of their own. */
const CODES = 5;

/** Returns the steps of a history, in seconds since 1970. Steps without entries are among them. */
export function timesOf({ since, until, step_seconds: step }) {
  const seconds = (moment) => Math.floor(Date.parse(moment) / 1000 / step) * step;
  const [first, last] = [seconds(since), seconds(until)];
  return Array.from({ length: (last - first) / step + 1 }, (_, at) => first + at * step);
}

/** Adds up entries by step. `count` says what an entry adds. */
function summed(entries, times, count) {
  const step = times[1] - times[0];
  const sums = times.map(() => 0);
  for (const entry of entries) {
    const at = Math.floor((Date.parse(entry.at) / 1000 - times[0]) / step);
    if (at >= 0 && at < sums.length) sums[at] += count(entry);
  }
  return sums;
}

const hasAny = ({ values }) => values.some((value) => value > 0);

/** Returns lines of the answers that were taken, refused and failed. */
export function answersOver({ answers }, times) {
  const line = (kind, name, tone) => ({
    name,
    tone,
    values: summed(
      answers.filter(({ code }) => aboutCode(code).kind === kind),
      times,
      ({ count }) => count,
    ),
  });
  const lines = [
    line("taken", "taken", "accent"),
    line("refused", "refused", "warn"),
    line("failed", "failed", "bad"),
  ];
  return lines.some(hasAny) ? lines : [];
}

/** Returns a line for each of the most frequent codes that were not taken, and one for the others. */
export function refusalsOver({ answers }, times) {
  const codes = new Map();
  for (const entry of answers)
    if (aboutCode(entry.code).kind !== "taken")
      codes.set(entry.code, [...(codes.get(entry.code) ?? []), entry]);
  const total = (entries) => entries.reduce((sum, { count }) => sum + count, 0);
  const ranked = [...codes].sort(([, a], [, b]) => total(b) - total(a));
  const rest = ranked.slice(CODES).flatMap(([, entries]) => entries);
  const lines = [
    ...ranked.slice(0, CODES).map(([code, entries]) => ({ name: plain(code), entries })),
    { name: "others", entries: rest },
  ];
  return lines
    .map(({ name, entries }, at) => ({
      name,
      tone: TONES[at],
      values: summed(entries, times, ({ count }) => count),
    }))
    .filter(hasAny);
}

const TONES = ["warn", "bad", "accent", "good", "move", "calm"];

/** Returns lines of the time within which half, and 95 of 100, of the answers were given. */
export function latencyOver({ answers }, times) {
  const buckets = [...BOUNDS, null].map((_, bucket) =>
    summed(answers, times, ({ latency }) => latency[bucket] ?? 0),
  );
  const line = (name, share, tone) => ({
    name,
    tone,
    values: times.map((_, at) =>
      quantile(
        buckets.map((sums) => sums[at]),
        share,
      ),
    ),
  });
  return [line("half within", 0.5, "accent"), line("95 % within", 0.95, "warn")].filter(hasAny);
}

/** Returns the bound of the bucket that holds a share of the counts; null without counts. */
export function quantile(counts, share) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    seen += count;
    if (seen >= all * share) return BOUNDS[bucket] ?? 10_000;
  }
  return null;
}

/** Returns lines of the attempts that succeeded and failed, and of retries. */
export function attemptsOver({ attempts }, times) {
  const line = (member, name, tone) => ({
    name,
    tone,
    values: summed(attempts, times, (entry) => entry[member]),
  });
  return [
    line("delivered", "delivered", "good"),
    line("failed", "failed", "bad"),
    line("retries", "retries", "move"),
  ].filter(hasAny);
}
