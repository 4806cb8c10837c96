// `orderhook endpoints`: lists the endpoints of dispatch, creates, tests, changes and deletes them, and lists their deliveries.
import { accessOf } from "./dispatch/access.js";
import { change, pathOf, read } from "./dispatch/api.js";
import { DISPATCH } from "./dispatch/filter.js";
import { Failure, wrongUsage } from "./failure.js";
import { DISPATCH_HELP, JSON_HELP } from "./help.js";
import { oneLine, table } from "./table.js";

export const name = "orderhook endpoints";

export const help = `Usage: orderhook endpoints [<action> <id>] [options]

Lists the endpoints: the URLs that get events. With an action:

  create [<url>]        creates one, and prints its secret; no later command
                        prints it
      --url-env <name>      the URL, in a variable of the environment, for a URL
                            that is a secret, as Slack's is
      --format <format>     cloudevents, payload or slack
      --source, --status, --phase, --verdict <word>
                            only events with this; each may be given many times
      --no-tests            no tests of the provider's
      --description <text>
  test <id>             sends test events to it
  deliveries <id>       lists its deliveries, the one of the latest event first
      --state <state>       due, leased, done, dead or held
  pause <id>            holds its events
  resume <id>           lets it get new events again
  replay <id>           sends its dead and held deliveries again
  rotate <id>           makes a new secret, and prints it; for 24 hours, the old
                        one signs, too
  delete <id>           deletes it

${DISPATCH_HELP}
${JSON_HELP}

It ends with
  0  when all is well
  1  when a test failed
  2  when the command is wrong, or dispatch cannot be asked

Example:
  orderhook endpoints create https://example.com/hooks --phase problem
`;

const text = { type: "string" };
const many = { type: "string", multiple: true };
const CREATE = {
  ...{ "url-env": text, format: text, description: text, "no-tests": { type: "boolean" } },
  ...{ source: many, status: many, phase: many, verdict: many },
};
export const options = { ...CREATE, state: text, ...DISPATCH };

/** The options that an action has beside those of every action. */
const OPTIONS = { create: Object.keys(CREATE), deliveries: ["state"] };

const ACTIONS = { create, test, deliveries, pause, resume, replay, rotate, delete: remove };

export async function run({ values, positionals, given }) {
  const [action, id, ...rest] = positionals;
  if (action !== undefined && !Object.hasOwn(ACTIONS, action))
    throw wrongUsage(
      `There is no such action. There are ${Object.keys(ACTIONS).join(", ")}; ${name} --help says what they do.`,
    );
  const own = OPTIONS[action] ?? [];
  const [foreign] = given.filter(
    ([option]) => (option in CREATE || option === "state") && !own.includes(option),
  );
  if (foreign) throw wrongUsage(`--${foreign[0]} is not for this.`);
  if (rest.length > 0) throw wrongUsage(`${name} ${action} takes one ${nounOf(action)}.`);
  if (action === undefined) return listed(accessOf(values));
  if (id === undefined && action !== "create") throw wrongUsage("Give the endpoint's id.");
  return ACTIONS[action](accessOf(values), id, values);
}

const nounOf = (action) => (action === "create" ? "URL" : "id");

async function listed(access) {
  const { endpoints } = await read(access, pathOf(["endpoints"]));
  if (endpoints.length === 0)
    return { ok: true, text: "There are no endpoints.\n", json: { endpoints } };
  const { health, note } = await healthIn(access);
  const head = ["id", "state", "format", "url", "filter"];
  const rows = endpoints.map((endpoint) => [
    endpoint.id,
    stateOf(endpoint, health.get(endpoint.id)),
    endpoint.format,
    endpoint.url ?? "(its key is missing)",
    filterOf(endpoint),
  ]);
  return { ok: true, text: table([head, ...rows]) + note, json: { endpoints } };
}

/** Returns the counts of each endpoint's deliveries, and a note where they cannot be asked for. */
async function healthIn(access) {
  try {
    const { endpoints } = await read(access, pathOf(["stats"]));
    return { health: new Map(endpoints.map((one) => [one.endpoint, one])), note: "" };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const note = `The command could not ask which active endpoints fail: ${error.message}\n`;
    return { health: new Map(), note };
  }
}

function stateOf({ active, disabled_reason }, health) {
  const since = health?.failing_since;
  if (active) return since ? `failing since ${since}` : "active";
  return disabled_reason ? `disabled: ${oneLine(disabled_reason)}` : "paused";
}

const filterOf = ({ filter }) =>
  Object.entries(filter)
    .filter(([, value]) => value !== null && value.length !== 0)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ") || "ALL EVENTS";

async function create(access, typed, values) {
  const { "url-env": variable, format, description } = values;
  if ((typed === undefined) === (variable === undefined))
    throw wrongUsage("Give the URL, or --url-env with the name of a variable that has it.");
  const url = typed ?? process.env[variable];
  if (!url) throw wrongUsage(`The variable ${variable} is not set.`);
  const filter = {
    sources: values.source,
    statuses: values.status,
    phases: values.phase,
    verdicts: values.verdict,
    test: values["no-tests"] ? false : undefined,
  };
  const body = { url, format, description, filter };
  const made = await (await change(access, "POST", pathOf(["endpoints"]), body)).json();
  return { ok: true, text: `Created ${made.id}.\n${secretLine(made)}`, json: made };
}

const secretLine = ({ secret }) =>
  secret === null ? "" : `Its secret, which is not shown again: ${secret}\n`;

async function test(access, id) {
  const path = pathOf(["endpoints", id, "tests"]);
  const report = await (await change(access, "POST", path, {})).json();
  const rows = report.tests.map(({ type, succeeded, status, note, ms }) => [
    type,
    succeeded ? "ok" : "failed",
    String(status ?? note),
    `${ms} ms`,
  ]);
  return { ok: report.tests_failed === 0, text: table(rows), json: report };
}

async function deliveries(access, id, { state }) {
  const page = await read(access, pathOf(["endpoints", id, "deliveries"], { state }));
  if (page.deliveries.length === 0)
    return { ok: true, text: "There are no such deliveries.\n", json: page };
  const head = ["state", "source", "order", "status", "attempts", "answer", "next attempt"];
  const rows = page.deliveries.map((delivery) => [
    delivery.state,
    delivery.source,
    oneLine(delivery.order_id ?? ""),
    delivery.order_status ?? "",
    String(delivery.attempts),
    String(delivery.last_status ?? delivery.last_note ?? ""),
    delivery.next_at ?? "",
  ]);
  return { ok: true, text: table([head, ...rows]), json: page };
}

function pause(access, id) {
  return setActive(access, id, false);
}

function resume(access, id) {
  return setActive(access, id, true);
}

async function setActive(access, id, active) {
  const endpoint = await (
    await change(access, "PATCH", pathOf(["endpoints", id]), { active })
  ).json();
  const hint = active ? "`replay` sends what was held." : "Its events are held.";
  return { ok: true, text: `${active ? "Resumed" : "Paused"} ${id}. ${hint}\n`, json: endpoint };
}

async function replay(access, id) {
  const path = pathOf(["endpoints", id, "replay"]);
  let deliveries = 0;
  let cursor;
  do {
    // JSON leaves out a cursor that is undefined.
    const body = { failed_only: true, cursor };
    const report = await (await change(access, "POST", path, body)).json();
    deliveries += report.deliveries;
    ({ cursor } = report);
  } while (cursor);
  return { ok: true, text: `Sends ${deliveries} deliveries again.\n`, json: { deliveries } };
}

async function rotate(access, id) {
  const path = pathOf(["endpoints", id, "secret", "rotate"]);
  const endpoint = await (await change(access, "POST", path)).json();
  return { ok: true, text: secretLine(endpoint), json: endpoint };
}

async function remove(access, id) {
  await change(access, "DELETE", pathOf(["endpoints", id]));
  return { ok: true, text: `Deleted ${id}.\n`, json: { id } };
}
