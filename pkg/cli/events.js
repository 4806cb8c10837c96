// `orderhook events`: lists the events that dispatch took, shows one, and follows those that it takes.
import { jsonOf, print } from "./command.js";
import { accessOf } from "./dispatch/access.js";
import { list, pathOf, read } from "./dispatch/api.js";
import { follow, interrupted } from "./dispatch/follow.js";
import { DISPATCH, LIMIT, PERIOD, limitOf, named, period } from "./dispatch/filter.js";
import { wrongUsage } from "./failure.js";
import { DISPATCH_HELP, JSON_HELP, PERIOD_HELP } from "./help.js";
import { oneLine } from "./table.js";

export const name = "orderhook events";

const USUAL_LIMIT = 20;
const USUAL_INTERVAL_S = 2;

export const help = `Usage: orderhook events [<source> [<id>]] [options]

Lists the events that dispatch took, the latest last; with a source and an id,
prints one event whole, with its customer's data.

      --follow              print each later event, too, until Ctrl-C
      --interval <seconds>  follow: the pause between requests; by default, ${USUAL_INTERVAL_S}
      --order <id>          the events of this order
      --status <status>     the events with this status, as delivered
      --phase <phase>       open, moving, problem, returning, closed or other
      --verdict <verdict>   fresh, repeat, stale or out_of_order
      --unrecognized        the deliveries that were not understood
${PERIOD_HELP}
      --limit <n>           how many; ${USUAL_LIMIT}, if it is not given
${DISPATCH_HELP}
${JSON_HELP}

With --json, a list has whole events, with customers' data. With --follow and
--json, each event is a line of its own.

It ends with
  0  when all is well
  1  when there is no such event
  2  when the command is wrong, or dispatch cannot be asked

Example:
  orderhook events wakilni --follow
`;

const text = { type: "string" };
const flag = { type: "boolean" };
const FILTERS = { order: text, status: text, phase: text, verdict: text, unrecognized: flag };
export const options = {
  ...{ follow: flag, interval: text },
  ...{ ...FILTERS, ...PERIOD, ...LIMIT, ...DISPATCH },
};

export async function run({ values, positionals, given }) {
  const { source, id } = named(positionals, name);
  if (id !== undefined) {
    const [filter] = given.filter(([option]) => option !== "dispatch" && option in options);
    if (filter) throw wrongUsage(`--${filter[0]} is for a list of events.`);
    return shown(source, id, accessOf(values));
  }
  if (values.interval !== undefined && !values.follow)
    throw wrongUsage("--interval is for --follow.");
  if (values.follow && values.until !== undefined)
    throw wrongUsage("--follow has no end: leave --until.");
  return listed(source, values);
}

async function listed(source, values) {
  const { order, status, phase, verdict, unrecognized } = values;
  const type = unrecognized ? "orderhook.delivery.unrecognized.v1" : undefined;
  const filters = { source, order, type, status, phase, verdict, ...period(values) };
  const most = limitOf(values, USUAL_LIMIT);
  const interval = intervalOf(values);
  const access = accessOf(values);
  const signal = values.follow ? interrupted() : undefined;
  const { entries, next, first } = await list(access, "events", filters, most);
  const events = [...entries].reverse();
  if (!values.follow) return { ok: true, text: listing(events, next), json: { events, next } };
  const show = (some) => some.length > 0 && print(some.map(values.json ? jsonLine : line).join(""));
  show(events);
  await follow({ access, filters, cursor: first.head, interval, signal, show });
  return { ok: true, printed: true };
}

function listing(events, next) {
  if (events.length === 0) return "There are no such events.\n";
  const more = next === null ? "" : "There are earlier ones: --limit takes a larger number.\n";
  return more + events.map(line).join("");
}

const jsonLine = (record) => `${jsonOf(record)}\n`;

function intervalOf({ interval = String(USUAL_INTERVAL_S) }) {
  const seconds = Number(interval);
  if (seconds >= 0.1 && seconds <= 3600) return seconds;
  throw wrongUsage("--interval takes seconds from 0.1 to 3600.");
}

/** Returns an event as a line: when it was taken, of which source and order it is, and what it says. */
function line({ source, taken_at, verdict, event }) {
  const { id, subject, type, data } = event;
  const status = data.status;
  const said = status
    ? `${status.now}${status.was ? `, was ${status.was}` : ""}${data.test ? " (test)" : ""}`
    : `not understood: ${data.reason?.code ?? type}`;
  const cells = [taken_at, source, subject ?? "-", said, verdict ?? "-", id];
  return `${cells.map(oneLine).join("  ")}\n`;
}

async function shown(source, id, access) {
  try {
    const record = await read(access, pathOf(["events", source, id]));
    return { ok: true, text: `${jsonOf(record, 2)}\n`, json: record };
  } catch (error) {
    if (error.code !== "event_not_found") throw error;
    return { ok: false, text: "There is no such event.\n", json: { event: null } };
  }
}
