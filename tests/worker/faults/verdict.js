// Checks the history of each event against the promises of the design.
import { DEADLINE } from "./runs.js";
import { SILENT } from "./fault-plan.js";

const OF_OBJECTS = ["claim", "commit", "release", "claims"];

/** Adds the errors to the ledger. `dedup` is "kv" or "strict"; `faultyObjects` is whether the objects have faults. */
export function judge(ledger, lines, { dedup, faultyObjects = false }) {
  for (const line of lines) ledger.accounts.get(`${line.source}/${line.id}`)?.lines.push(line);
  const duplicates = new Map();
  for (const account of ledger.accounts.values()) {
    const wrongs = [...losses(account), ...answers(account, dedup, faultyObjects), ...log(account)];
    for (const { reason, allowed } of copies(account, dedup, faultyObjects)) {
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

/** Checks that every answer has its reason, and that the work that belongs to it was done. */
function* answers(account, dedup, faultyObjects) {
  for (const attempt of account.attempts) {
    const steps = during(account, attempt);
    const has = (...kinds) => steps.some(({ step }) => kinds.includes(step)) || slow(account);
    // A request to an object that dies is not always noted.
    const hasAsked = (step) => !faultyObjects || has(step, "claims");
    const failed = () =>
      steps.some(({ step, mode }) => ["send", "keep"].includes(step) && mode !== "works");
    const isSafe = () =>
      account.steps.some(({ step, landedAt }) => step === "send" && landedAt < attempt.ended);
    const isRight = {
      accepted: () => isSafe() && has("send") && has("mark") && hasAsked("commit"),
      duplicate: () => isSafe() && (dedup === "strict" || steps.some(({ found }) => found)),
      queue_unavailable: () => (failed() || slow(account)) && hasAsked("release"),
      copy_in_progress: () =>
        dedup === "strict" &&
        (hasCompany(account, attempt) || (faultyObjects && isLeft(account, attempt))),
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

/** Checks that the log has a line for each answer, and a cause for each failure. An abandoned attempt may have one, too. */
function* log(account) {
  const { attempts, lines } = account;
  const logged = lines.map(({ code }) => code);
  for (const { code } of attempts.filter(({ code }) => code !== undefined)) {
    const at = logged.indexOf(code);
    if (at < 0) yield `${code} is not logged`;
    logged.splice(at, 1);
  }
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
  ["look", "claim", "mark", "commit"].includes(step) && !["works", "stale"].includes(mode);

/** Returns whether the Worker missed an answer because the machine was too busy: the clock shows it, or the log does. */
function slow({ steps, attempts, lines }) {
  const silent = (...kinds) =>
    steps.filter(({ step, mode }) => kinds.includes(step) && SILENT.includes(mode));
  const late = (what, code) =>
    lines.filter((line) => line.code === code && line.cause?.startsWith(`${what} took longer`))
      .length;
  const all = silent("look", "keep", "send", "mark", "claim", "commit", "release");
  const isLate = ({ began, ended, ms }) =>
    ms > 0.9 * DEADLINE * (1 + all.filter(({ at }) => began < at && at < ended).length);
  return (
    late("the queue", "queue_unavailable") > silent("send").length ||
    late("KV", "queue_unavailable") > silent("keep").length ||
    late("KV", "accepted") > silent("look", "mark").length ||
    late("the claim", "accepted") > silent("claim").length ||
    attempts.some(isLate)
  );
}

/** Checks why there is each message after the first, and whether it is allowed. */
function* copies(account, dedup, faultyObjects) {
  const sends = account.steps.filter(
    ({ step, landedAt }) => step === "send" && landedAt !== undefined,
  );
  for (const [n, send] of sends.entries()) {
    if (n > 0) yield reason(account, send, sends.slice(0, n), dedup, faultyObjects);
  }
}

function reason(account, send, before, dedup, faultyObjects) {
  const taken = before.findLast(({ mode }) => mode === "works");
  if (taken === undefined)
    return { reason: "a send that landed was reported as failed", allowed: true };
  if (slow(account)) return { reason: "a deadline passed, with no fault", allowed: true };
  const unseen = whyUnseen(account, send);
  if (dedup === "kv" || unseen === undefined)
    return { reason: unseen ?? "no reason", allowed: unseen !== undefined };
  const unclaimed = faultyObjects ? whyUnclaimed(account, send, taken) : undefined;
  return {
    reason: `${unclaimed ?? "nothing was wrong with the claims"}, and ${unseen}`,
    allowed: unclaimed !== undefined,
  };
}

/** Returns why KV did not report that the event had been accepted. */
function whyUnseen(account, send) {
  const began = Math.min(...account.inFlight(send.at).map(({ began }) => began));
  const looks = account.steps.filter(
    ({ step, at }) => step === "look" && began < at && at < send.at,
  );
  return looks.map((look) => whyNotFound(account, look)).find((why) => why !== undefined);
}

function whyNotFound({ steps, attempts }, look) {
  if (look.mode === "stale") return "KV was stale";
  if (look.mode !== "works") return "KV was not asked";
  const marks = steps.filter(({ step, at }) => step === "mark" && at < look.at);
  if (marks.some(({ landedAt }) => landedAt < look.at)) return undefined;
  const others = attempts.filter(({ began, ended }) => began < look.at && look.at < ended);
  if (others.some(({ gaveUp }) => gaveUp)) return "the provider had given up";
  if (others.length > 1) return "copies came at the same moment";
  return marks.length > 0 ? "KV was not told" : undefined;
}

/** Returns why the claims did not report it: either attempt failed to ask or to tell them. */
function whyUnclaimed(account, send, taken) {
  const { steps, attempts } = account;
  const began = Math.min(
    ...[...account.inFlight(send.at), ...account.inFlight(taken.at)].map(({ began }) => began),
  );
  const claims = steps.filter(({ step, at }) => step === "claim" && began < at && at < send.at);
  if (claims.some(({ mode }) => mode !== "works")) return "the claim failed";
  if (steps.some(({ step, at }) => step === "claims" && began < at && at < send.at))
    return "the object died";
  const commits = steps.filter(
    ({ step, at }) => step === "commit" && taken.at < at && at < send.at,
  );
  if (commits.every(({ landedAt }) => landedAt === undefined)) {
    return attempts.some(({ gaveUp, began }) => gaveUp && began < send.at)
      ? "the provider gave up"
      : "the commit failed";
  }
  return undefined;
}
