// Dead letters as text for people and as JSON for programs. An event's data is shown only on request.
import { jsonOf } from "../command.js";
import { oneLine } from "../table.js";
import { MAX_MESSAGES } from "./api.js";

/** Returns a queue's letters as text, out of `count` that are in it; with `show`, each with its content. */
export function listing(queue, letters, count, show) {
  if (letters.length === 0) return `There is nothing in ${queue.name}.\n`;
  const first = count > letters.length ? `, of which these are the first ${letters.length}` : "";
  const head = `${count} dead letter${count === 1 ? "" : "s"} in ${queue.name}${first}:\n`;
  return [head, ...letters.map((letter) => `\n${entry(letter, show)}`)].join("");
}

function entry(letter, show) {
  const { id, since, attempts, text, event } = letter;
  const rows = [title(letter)];
  if (event) rows.push(`  ${about(event)}`);
  rows.push(`  message ${id}, there since ${iso(since)}, attempts ${attempts}`);
  if (show) rows.push(event ? jsonOf(event, 2) : (text ?? "It cannot be shown."));
  return `${rows.join("\n")}\n`;
}

function title({ type, text, event }) {
  if (event) return `${oneLine(event.source)}  ${oneLine(event.id)}`;
  return `no event, but ${text === null ? "" : `${Buffer.byteLength(text)} bytes of `}${type}`;
}

const about = ({ type, subject, time }) =>
  [
    oneLine(type),
    ...(typeof subject === "string" ? [`order ${oneLine(subject)}`] : []),
    oneLine(time),
  ].join(", ");

const iso = (millis) =>
  Number.isFinite(millis) ? new Date(millis).toISOString() : "an unknown time";

/** Returns a letter for a program, with its event; or with its text, if it is not an event. */
export const inFull = ({ id, since, attempts, type, text, event }) => ({
  message: id,
  since: iso(since),
  attempts,
  content_type: type,
  ...(event ? { event } : { text }),
});

/** Returns the result of a requeue as text. */
export function outcome({ from, to, back, twice, left, missing, failure }) {
  const parts = [
    part(`Put back into ${to.name}, and taken off ${from.name}`, back.map(line)),
    part(
      `Put back into ${to.name}, but not taken off ${from.name}, so that they come twice`,
      twice.map(line),
    ),
    part(`Left in ${from.name}`, left.map(line)),
    missing.map((id) => `Not among the first ${MAX_MESSAGES} in ${from.name}: ${id}\n`).join(""),
    failure === null ? "" : `${failure}\n`,
  ];
  return parts.join("") || `There is nothing in ${from.name} to put back.\n`;
}

/** Returns a part of an outcome: a heading, and a line for each letter; nothing if there is none. */
export function part(heading, lines) {
  if (lines.length === 0) return "";
  return `${heading}: ${lines.length}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function line(letter) {
  const which = letter.event ? title(letter) : `${title(letter)} (message ${letter.id})`;
  return letter.why ? `${which}: ${letter.why}` : which;
}

/** Returns the same for a program. */
export const inBrief = ({ from, to, back, twice, left, missing, failure }) => ({
  from: from.name,
  to: to.name,
  ...Object.fromEntries(
    Object.entries({ back, twice, left }).map(([name, letters]) => [name, letters.map(named)]),
  ),
  missing,
  failure,
});

const named = ({ id, event, why }) => ({
  message: id,
  ...(event && { source: event.source, id: event.id }),
  ...(why && { why }),
});
