// The dead letters that dispatch took off their queue.
import { jsonOf } from "../command.js";
import { accessOf } from "../dispatch/access.js";
import { change, list as listOf, pathOf, read } from "../dispatch/api.js";
import { Failure } from "../failure.js";
import { oneLine } from "../table.js";
import { part } from "./report.js";

/** Each action on the letters of dispatch. */
export const inDispatch = { list: there(list), requeue: there(requeue), delete: there(remove) };

const WITHOUT =
  "Without dispatch, --remote is for the dead-letter queue at Cloudflare, and --local for that of this machine.";

/** Returns the action, with a failure that also says what to do where there is no dispatch. */
function there(action) {
  return async (values) => {
    try {
      return await action(accessOf(values), values);
    } catch (error) {
      const isMissing = ["unreachable", "no_dispatch", "token_missing"].includes(error.code);
      throw isMissing ? new Failure(error.code, `${error.message}\n${WITHOUT}`) : error;
    }
  };
}

const MAX_LISTED = 200;

/** The form of a letter of which only a description is known. */
const DESCRIPTION = "other";
const NOT_REQUEUEABLE =
  "A description cannot be put back. Read it with `npx orderhook dead-letters --show`, and delete it.";

const WORDS = {
  requeue: ["Put back into the queue of events", "Nothing was put back.\n"],
  delete: ["Deleted", "Nothing was deleted.\n"],
};

async function list(access, values) {
  const { entries, next } = await listOf(access, "dead-letters", {}, MAX_LISTED);
  const letters = values.show || values.json ? await withContents(access, entries) : entries;
  const text = listing(access, letters, next);
  return { ok: true, text, json: { count: letters.length, letters, next } };
}

/** Returns each letter with its `content`. One that has gone in the meantime is left out. */
async function withContents(access, letters) {
  const whole = [];
  for (const { id } of letters) {
    const found = await read(access, pathOf(["dead-letters", id])).catch(ifGone);
    if (found) whole.push({ ...found.dead_letter, content: found.content });
  }
  return whole;
}

function listing({ origin }, letters, next) {
  if (letters.length === 0) return "There are no dead letters.\n";
  const first = next === null ? "" : `, of which these are the latest ${letters.length}`;
  const count = next === null ? letters.length : `more than ${letters.length}`;
  const head = `${count} dead letter${letters.length === 1 ? "" : "s"} in dispatch, ${origin}${first}:\n`;
  return [head, ...letters.map((letter) => `\n${entry(letter)}`)].join("");
}

function entry(letter) {
  const { id, type, order, since, attempts, content } = letter;
  const rows = [title(letter)];
  if (type !== null)
    rows.push(`  ${oneLine(type)}${order === null ? "" : `, order ${oneLine(order)}`}`);
  rows.push(`  message ${id}, here since ${since}, attempts ${attempts}`);
  if (content !== undefined) rows.push(shown(letter));
  return `${rows.join("\n")}\n`;
}

const title = ({ source, event_id, form, bytes }) =>
  source === null
    ? `no event, but ${bytes} bytes of ${form === DESCRIPTION ? "a description" : form}`
    : `${source}  ${oneLine(event_id)}`;

function shown({ form, content }) {
  if (form !== "json") return content;
  try {
    return jsonOf(JSON.parse(content), 2);
  } catch {
    return content;
  }
}

function requeue(access, values) {
  return each(access, values, "requeue", (id) =>
    change(access, "POST", pathOf(["dead-letters", id, "requeue"])),
  );
}

function remove(access, values) {
  return each(access, values, "delete", (id) =>
    change(access, "DELETE", pathOf(["dead-letters", id])),
  );
}

/** Applies a change to each wanted letter. It stops at the first failure, and reports the letters that it changed before. */
async function each(access, values, action, apply) {
  const { wanted, missing } = await chosen(access, values.id);
  const done = [];
  const gone = [];
  const changeable = wanted.filter(({ form }) => action === "delete" || form !== DESCRIPTION);
  /** @type {string | null} */
  let failure = changeable.length < wanted.length ? NOT_REQUEUEABLE : null;
  try {
    for (const letter of changeable) {
      const answer = await apply(letter.id).catch(ifGone);
      (answer ? done : gone).push(letter);
    }
  } catch (error) {
    if (!(error instanceof Failure) || done.length === 0) throw error;
    failure = error.message;
  }
  const left = wanted.filter((letter) => !done.includes(letter) && !gone.includes(letter));
  const ok = gone.length + left.length + missing.length === 0;
  const text = outcome({ action, done, gone, left, missing, failure });
  const json = { done: done.map(named), gone: gone.map(named), left: left.map(named) };
  return { ok, text, json: { ...json, missing, failure } };
}

/** Returns all letters; or those that the ids name, as messages or as events, and the ids that name nothing. */
async function chosen(access, ids) {
  const { entries } = await listOf(access, "dead-letters", {}, Infinity);
  if (!ids) return { wanted: entries, missing: [] };
  const has = (letter, id) => letter.id === id || letter.event_id === id;
  return {
    wanted: entries.filter((letter) => ids.some((id) => has(letter, id))),
    missing: ids.filter((id) => !entries.some((letter) => has(letter, id))),
  };
}

// Another caller may have requeued or deleted it in the meantime.
function ifGone(error) {
  if (error.code !== "dead_letter_not_found") throw error;
}

function outcome({ action, done, gone, left, missing, failure }) {
  const [heading, nothing] = WORDS[action];
  const parts = [
    part(heading, done.map(lineOf)),
    part("No longer among the dead letters", gone.map(lineOf)),
    part("Left in dispatch", left.map(lineOf)),
    missing.map((id) => `Not among the dead letters: ${id}\n`).join(""),
    failure === null ? "" : `${failure}\n`,
  ];
  return parts.join("") || nothing;
}

const lineOf = (letter) => `${title(letter)} (message ${letter.id})`;

const named = ({ id, source, event_id }) => ({
  message: id,
  ...(source !== null && { source, id: event_id }),
});
