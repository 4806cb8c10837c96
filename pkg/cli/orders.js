// `orderhook orders`: lists the orders that dispatch knows, and shows one with its parcels and its timeline.
import { accessOf } from "./dispatch/access.js";
import { list, pathOf, read } from "./dispatch/api.js";
import { DISPATCH, LIMIT, PERIOD, limitOf, named, period } from "./dispatch/filter.js";
import { wrongUsage } from "./failure.js";
import { DISPATCH_HELP, JSON_HELP, PERIOD_HELP } from "./help.js";
import { oneLine, table } from "./table.js";

export const name = "orderhook orders";

const USUAL_LIMIT = 50;

export const help = `Usage: orderhook orders [<source> [<id>]] [options]

Lists the orders that dispatch knows, the one with the latest event first; with
a source and an id, shows one order with its parcels and its timeline.

      --id <id>, --reference <text>, --tracking-number <text>
                            the orders that have exactly this
      --status <status>     the orders with this status, as delivered
      --phase <phase>       open, moving, problem, returning, closed or other
${PERIOD_HELP}.
                            It is the order's latest event that counts
      --limit <n>           how many; ${USUAL_LIMIT}, if it is not given
${DISPATCH_HELP}
${JSON_HELP}

It ends with
  0  when all is well
  1  when there is no such order
  2  when the command is wrong, or dispatch cannot be asked

Example:
  orderhook orders --phase problem --since 7d
  orderhook orders wakilni 123456
`;

const text = { type: "string" };
const FILTERS = { id: text, reference: text, "tracking-number": text, status: text, phase: text };
export const options = { ...FILTERS, ...PERIOD, ...LIMIT, ...DISPATCH };

export async function run({ values, positionals, given }) {
  const { source, id } = named(positionals, name);
  if (id === undefined) return listed(source, values);
  const [filter] = given.filter(([option]) => option !== "dispatch" && option in options);
  if (filter) throw wrongUsage(`--${filter[0]} is for a list of orders.`);
  return shown(source, id, accessOf(values));
}

async function listed(source, values) {
  const { id, reference, "tracking-number": tracking_number, status, phase } = values;
  const filters = { source, id, reference, tracking_number, status, phase, ...period(values) };
  const most = limitOf(values, USUAL_LIMIT);
  const { entries, next } = await list(accessOf(values), "orders", filters, most);
  return { ok: true, text: listing(entries, next), json: { orders: entries, next } };
}

function listing(orders, next) {
  if (orders.length === 0) return "There are no such orders.\n";
  const head = ["source", "order", "status", "time", "tracking"];
  const rows = orders.map((order) => [
    order.source,
    oneLine(order.id),
    statusOf(order),
    order.time,
    order.tracking_numbers.map(oneLine).join(" "),
  ]);
  const more = next === null ? "" : "There are more: --limit takes a larger number.\n";
  return `${table([head, ...rows])}${more}`;
}

const statusOf = ({ status, reason, test }) =>
  [status, ...(reason ? [`(${oneLine(reason)})`] : []), ...(test ? ["(test)"] : [])].join(" ");

async function shown(source, id, access) {
  try {
    const detail = await read(access, pathOf(["orders", source, id]));
    return { ok: true, text: page(detail), json: detail };
  } catch (error) {
    if (error.code !== "order_not_found") throw error;
    return { ok: false, text: "There is no such order.\n", json: { order: null } };
  }
}

function page({ order, parcels, timeline, timeline_complete }) {
  const parts = [`${oneLine(order.id)} of ${order.source}\n${table(about(order))}`];
  if (parcels.length > 0) parts.push(`Parcels\n${table(parcels.map(parcelRow))}`);
  const which = timeline_complete ? "" : ` (its latest ${timeline.length} events)`;
  parts.push(`Timeline${which}\n${table(timeline.map(momentRow))}`);
  return parts.join("\n");
}

function about(order) {
  const rows = [
    ["status", `${statusOf(order)}, ${order.phase}${order.final ? ", final" : ""}`],
    ["since", order.time_source === "receipt" ? `${order.time} (received)` : order.time],
    ["reference", order.reference],
    ["carrier", order.carrier],
    ["events", `${order.events}, from ${order.created_at} to ${order.updated_at}`],
  ];
  return rows.filter(([, value]) => value !== null).map(([name, value]) => [name, oneLine(value)]);
}

const parcelRow = ({ tracking_number, status, time, carrier, tracking_url }) => [
  oneLine(tracking_number),
  status,
  time,
  [carrier, tracking_url].filter(Boolean).map(oneLine).join("  "),
];

const momentRow = ({ time, status, was, reason, verdict, provider_now, id }) => [
  time,
  `${status}${reason ? ` (${oneLine(reason)})` : ""}${was ? `, was ${was}` : ""}`,
  verdict,
  provider_now === null ? "" : oneLine(provider_now),
  oneLine(id),
];
