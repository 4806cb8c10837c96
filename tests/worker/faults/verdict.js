// Checks the history of each event against the promises of the design.
//
// The receiver promises that no event is lost, and that a duplicate has a reason. The reasons follow from the order of its steps:
//
//   the queue confirms, the isolate remembers, the answer leaves, and then KV and the claims are told
//
// So an event is sent again only
// - where a send landed that was not confirmed: nobody can know of it;
// - where the machine was so busy that the time of a delivery was over, and nothing had failed;
// - by another isolate than the one that has it, or by the same where copies came at the same moment and the first took longer than
//   a copy waits, or where the isolate had to forget it for others; and then
//   - with dedup by KV, if KV did not find it: it was stale, could not be asked, had not been told yet, or could not be told;
//   - with strict dedup, if the claims did not know it, since they could not be asked or told; and if they could not be asked, KV
//     is, and did not find it either.
//
// What follows the answer is checked once all of it has come: each confirmed event is marked and committed once, each event that
// was not confirmed is released, and what fails of it has a line of its own in the log.
import { DEADLINE } from "./runs.js";
import { SILENT } from "./fault-plan.js";

const OF_OBJECTS = ["claim", "commit", "release", "claims"];

/** Adds the lines of the log to the events that they are of. */
function listen({ accounts }, lines) {
  for (const account of accounts.values()) account.lines = [];
  for (const line of lines) accounts.get(`${line.source}/${line.id}`)?.lines.push(line);
}

/** Resolves once what follows the answers has come, with its lines, or was waited for long enough. */
export async function settled(ledger, worker, { faultyObjects = false }) {
  let isOver = false;
  const over = () => (isOver = true);
  for (;;) {
    listen(ledger, worker.lines());
    const awaited = [...ledger.accounts.values()].find((account) =>
      isAwaited(account, faultyObjects),
    );
    if (awaited === undefined || isOver) return;
    const { output } = worker;
    await Promise.race([
      awaited.nextStep(),
      output.untilNth(output.entries.length + 1).catch(over),
    ]);
  }
}

const isAwaited = (account, faultyObjects) =>
  unlogged(account).length > 0 ||
  (!slow(account) &&
    [...afterwards(account, faultyObjects), ...lateLines(account)].some(
      ({ isMissing }) => isMissing,
    ));

/** Adds the errors to the ledger. `dedup` is "kv" or "strict"; `faultyObjects` is whether the objects have faults. */
export function judge(ledger, { dedup, faultyObjects = false }) {
  const duplicates = new Map();
  const sets = new Sets(ledger.accounts);
  for (const account of ledger.accounts.values()) {
    const wrongs = [
      ...losses(account),
      ...answers(account, dedup, faultyObjects),
      ...log(account),
      ...[...afterwards(account, faultyObjects), ...lateLines(account)].map(({ wrong }) => wrong),
    ];
    for (const { reason, allowed } of copies(account, sets, dedup, faultyObjects)) {
      if (allowed) duplicates.set(reason, (duplicates.get(reason) ?? 0) + 1);
      else wrongs.push(`a duplicate: ${reason}`);
    }
    for (const wrong of wrongs) ledger.wrong(wrong, account);
  }
  return duplicates;
}

function* losses({ landed }) {
  if (landed === 0) yield "lost";
}

/** Checks that every answer has its reason. */
function* answers(account, dedup, faultyObjects) {
  for (const attempt of account.attempts) {
    const steps = during(account, attempt);
    const has = (kind) => steps.some(({ step }) => step === kind) || slow(account);
    const failed = () =>
      steps.some(({ step, mode }) => ["send", "keep"].includes(step) && mode !== "works");
    const isSafe = (isolate) =>
      account.steps.some(
        (taken) =>
          taken.step === "send" &&
          taken.landedAt < attempt.ended &&
          (isolate === undefined || taken.isolate === isolate),
      );
    const isRight = {
      accepted: () => isSafe() && has("send"),
      duplicate: () =>
        isSafe() &&
        (dedup === "strict" || isSafe(attempt.isolate) || steps.some(({ found }) => found)),
      queue_unavailable: () => failed() || slow(account),
      // A claim ends after the answer, so it may be that of an attempt that is over.
      copy_in_progress: () =>
        dedup === "strict" &&
        (hasCompany(account, attempt) ||
          account.attempts.some(({ began }) => began < attempt.began) ||
          (faultyObjects && isLeft(account, attempt))),
    }[attempt.code];
    if (isRight !== undefined && !isRight()) yield `${attempt.code}, and it is not right`;
  }
}

const during = ({ steps }, { began, ended }) => steps.filter(({ at }) => began < at && at < ended);
const hasCompany = ({ attempts }, { began, ended }) =>
  attempts.filter((other) => other.began < ended && began < other.ended).length > 1;

/** Returns whether a claim may remain: the answer to its end was lost, or the attempt that held it was not waited for. */
const isLeft = ({ steps, attempts }, { ended }) =>
  steps.some(({ at, step, mode }) => at < ended && OF_OBJECTS.includes(step) && mode !== "works") ||
  attempts.some(({ began, gaveUp }) => gaveUp && began < ended);

/** Checks what follows the answers: that it is done once for each delivery that asks for it, and after its send. */
function* afterwards(account, faultyObjects) {
  const of = (...kinds) => account.steps.filter(({ step }) => kinds.includes(step));
  const confirmed = of("send").filter(({ mode }) => mode === "works");
  const failed = of("send", "keep").filter(({ mode }) => mode !== "works");
  const isBusy = slow(account);
  // A request to an object that dies is not always noted.
  const mayMiss = hasDied(account);
  const expected = [
    ["mark", confirmed, false],
    ...(faultyObjects ? [["commit", confirmed, mayMiss]] : []),
    ...(faultyObjects ? [["release", failed, mayMiss]] : []),
  ];
  for (const [kind, causes, mayMiss] of expected) {
    const steps = of(kind);
    if (steps.length > causes.length && !isBusy) yield { wrong: `a ${kind} that nothing asks for` };
    if (steps.length < causes.length && !mayMiss && !isBusy)
      yield { wrong: `a ${kind} is missing`, isMissing: true };
    if (steps.some(({ at }, n) => at < causes[n]?.at) && !isBusy)
      yield { wrong: `a ${kind} came too early` };
  }
}

/** Returns whether an object died that was, or may have been, at work for the event. The Worker may have heard of it alone. */
const hasDied = ({ steps, lines }) =>
  steps.some(({ step }) => step === "claims") || lines.some(({ cause }) => cause === "told to die");

/** Returns the codes of `codes` that are not among `others`, each as often as it is missing there. */
function missing(codes, others) {
  const left = [...others];
  return codes.filter((code) => {
    const at = left.indexOf(code);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const answered = ({ attempts }) =>
  attempts.map(({ code }) => code).filter((code) => code !== undefined);
const deliveries = ({ lines }) => lines.filter(({ at }) => at === "delivery");
const codes = (account) => deliveries(account).map(({ code }) => code);

/** Returns the codes of the answers without a line. */
const unlogged = (account) => missing(answered(account), codes(account));

/** Checks that the log has a line for each answer, and a cause for each failure. An abandoned attempt may have one, too. */
function* log(account) {
  const { attempts } = account;
  const lines = deliveries(account);
  for (const code of unlogged(account)) yield `${code} is not logged`;
  const logged = missing(codes(account), answered(account));
  const troubled = attempts.filter(
    (attempt) => attempt.code === "accepted" && during(account, attempt).some(isHeardOf),
  );
  const alone = troubled.filter((attempt) => !hasCompany(account, attempt)).length;
  const causes = lines.filter(({ code, cause }) => code === "accepted" && cause).length;
  if (causes < alone && !slow(account)) yield "a fault is not logged";
  if (logged.length > attempts.filter(({ gaveUp }) => gaveUp).length)
    yield `logged, and not answered: ${logged}`;
}

const isHeardOf = ({ step, mode }) =>
  ["look", "claim"].includes(step) && !["works", "stale"].includes(mode);

/** Checks that what failed after an answer has a line of its own. What is never answered has none. */
function* lateLines(account) {
  const { steps, lines } = account;
  for (const kind of ["mark", "commit", "release"]) {
    const loud = steps.filter(
      ({ step, mode }) => step === kind && mode !== "works" && !SILENT.includes(mode),
    ).length;
    const logged = lines.filter(({ at }) => at === kind);
    const failures = logged.reduce((sum, { failures }) => sum + failures, 0);
    if (failures < loud) yield { wrong: `a ${kind} that failed is not logged`, isMissing: true };
    // An object that dies takes the requests of others with it.
    if (failures > loud && !hasDied(account))
      yield { wrong: `${failures} failures of a ${kind} are logged, of ${loud}` };
  }
}

/**
 * Returns whether the Worker missed an answer because the machine was too busy. The clock shows it, or the log: more deliveries
 * waited too long for a service than silent steps explain.
 */
function slow({ steps, attempts, lines }) {
  const silent = (...kinds) =>
    steps.filter(({ step, mode }) => kinds.includes(step) && SILENT.includes(mode));
  const all = silent(...SERVICES.flatMap(([, ...kinds]) => kinds));
  const isLate = ({ began, ended, ms }) =>
    ms > 0.9 * DEADLINE * (1 + all.filter(({ at }) => began < at && at < ended).length);
  const isLogged = ([what, ...kinds]) =>
    lines.filter(({ cause }) => cause?.includes(`${what} took longer than`)).length >
    waiting(attempts, silent(...kinds));
  return SERVICES.some(isLogged) || attempts.some(isLate);
}

/** The services as the log names them, and what a delivery asks of each. */
const SERVICES = [
  ["the queue", "send"],
  ["KV", "look", "keep"],
  ["the claim", "claim"],
];

/** Returns how many attempts these steps can have kept waiting. A step is of one attempt, and an attempt has one line. */
function waiting(attempts, steps) {
  const left = [...steps];
  const byEnd = attempts.toSorted((one, other) => one.ended - other.ended);
  return byEnd.filter(({ began, ended }) => {
    const at = left.findIndex((step) => began < step.at && step.at < ended);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

/** Checks why there is each message after the first, and whether it is allowed. */
function* copies(account, sets, dedup, faultyObjects) {
  const sends = account.steps.filter(
    ({ step, landedAt }) => step === "send" && landedAt !== undefined,
  );
  for (const [n, send] of sends.entries()) {
    if (n > 0) yield reason(account, sets, send, sends.slice(0, n), dedup, faultyObjects);
  }
}

function reason(account, sets, send, before, dedup, faultyObjects) {
  const confirmed = before.filter(({ mode }) => mode === "works");
  const taken = confirmed.at(-1);
  if (taken === undefined)
    return { reason: "a send that landed was reported as failed", allowed: true };
  if (slow(account)) return { reason: "a deadline passed, with no fault", allowed: true };
  const knew = confirmed.find(
    (taken) =>
      taken.isolate === send.isolate &&
      !isBeside(account, taken, send) &&
      !sets.forget(account, taken, send),
  );
  if (knew !== undefined) return { reason: "the isolate knew of it", allowed: false };
  const unseen = whyUnseen(account, send);
  if (dedup === "kv") return { reason: unseen ?? "no reason", allowed: unseen !== undefined };
  const unclaimed = faultyObjects ? whyUnclaimed(account, send, taken) : undefined;
  if (unclaimed === undefined)
    return { reason: "nothing was wrong with the claims", allowed: false };
  // KV is asked only where the claims cannot be.
  if (looks(account, send).length === 0) return { reason: unclaimed, allowed: true };
  return { reason: `${unclaimed}, and ${unseen ?? "KV knew"}`, allowed: unseen !== undefined };
}

/** Returns whether the deliveries of two sends were on their way at the same moment, as far as anybody knows. */
const isBeside = (account, first, second) =>
  account
    .inFlight(first.at)
    .some((one) =>
      account
        .inFlight(second.at)
        .some((other) => one !== other && one.began < other.ended && other.began < one.ended),
    );

/** The looks of the deliveries that a send may belong to. */
function looks(account, send) {
  const began = Math.min(...account.inFlight(send.at).map(({ began }) => began));
  return account.steps.filter(({ step, at }) => step === "look" && began < at && at < send.at);
}

/** Returns why KV did not report that the event had been accepted. */
const whyUnseen = (account, send) =>
  looks(account, send)
    .map((look) => whyNotFound(account, look))
    .find((why) => why !== undefined);

function whyNotFound({ steps, attempts }, look) {
  if (look.mode === "stale") return "KV was stale";
  if (look.mode !== "works") return "KV was not asked";
  const marks = steps.filter(({ step, at }) => step === "mark" && at < look.at);
  if (marks.some(({ landedAt }) => landedAt < look.at)) return undefined;
  const others = attempts.filter(({ began, ended }) => began < look.at && look.at < ended);
  if (others.some(({ gaveUp }) => gaveUp)) return "the provider had given up";
  if (others.length > 1) return "copies came at the same moment";
  return marks.length > 0 ? "KV was not told" : "KV was not told yet";
}

/** Returns why the claims did not report it: either attempt failed to ask or to tell them. */
function whyUnclaimed(account, send, taken) {
  const { steps, attempts } = account;
  const began = Math.min(
    ...[...account.inFlight(send.at), ...account.inFlight(taken.at)].map(({ began }) => began),
  );
  const claims = steps.filter(({ step, at }) => step === "claim" && began < at && at < send.at);
  if (claims.some(({ mode }) => mode !== "works")) return "the claim failed";
  if (claims.some(({ landedAt = Infinity }) => landedAt > send.at))
    return "the claim was not answered";
  if (steps.some(({ step, at }) => step === "claims" && began < at && at < send.at))
    return "the object died";
  const commits = steps.filter(
    ({ step, at }) => step === "commit" && taken.at < at && at < send.at,
  );
  if (commits.every(({ landedAt }) => landedAt === undefined || landedAt > send.at)) {
    return attempts.some(({ gaveUp, began }) => gaveUp && began < send.at)
      ? "the provider gave up"
      : "the commit failed";
  }
  return undefined;
}

/** The places of an isolate's memory: so many sets, of so many events each. Written from recent.rs, and apart from it. */
const SETS = 512;
const PLACES = 4;

/** Knows which events share a set of an isolate's memory. */
class Sets {
  #events = new Map();

  constructor(accounts) {
    for (const account of accounts.values()) {
      const set = setOf(account.event);
      this.#events.set(set, [...(this.#events.get(set) ?? []), account]);
    }
  }

  /**
   * Returns whether the isolate may have forgotten an event between two sends: since it took its place, it had as many others
   * of the same set as the set has places. A full set forgets its first safe event, so one that waited goes before later ones.
   */
  forget(account, first, second) {
    const since = placedAt(account, first);
    const isBetween = ({ isolate, began, ended }) =>
      isolate === first.isolate && began < second.at && ended > since;
    const others = this.#events
      .get(setOf(account.event))
      .filter((other) => other !== account && other.attempts.some(isBetween));
    return others.length >= PLACES;
  }
}

/**
 * Returns when the event of a send took its place in the isolate's memory, at the earliest. A delivery that begins before the one
 * before it has ended keeps that one's place.
 */
function placedAt({ attempts }, { at, isolate }) {
  const earlier = attempts.filter((attempt) => attempt.isolate === isolate && attempt.began < at);
  return earlier
    .toSorted((one, other) => other.began - one.began)
    .reduce((since, { began, ended }) => (ended > since ? began : since), at);
}

/** Returns the place of an event's set. */
export function setOf({ source, id }) {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`seen:${source}:${id}`))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % SETS;
}
