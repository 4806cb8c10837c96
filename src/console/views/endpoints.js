// The endpoints, with their health.
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Page } from "../parts/page.js";
import { Answered, Empty } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { grouped, Mark, None, Text, Time } from "../parts/values.js";
import { href } from "../route.js";
import { useMayChange } from "../session.js";
import { plain, typeInWords } from "../words.js";

/** Shows the endpoints. */
export function Endpoints() {
  const endpoints = useAnswer("/v1/endpoints", { every: 15_000 });
  const stats = useAnswer("/v1/stats", { every: 15_000 });
  const create =
    useMayChange() &&
    html`<a class="button primary" href=${href(["endpoints", "new"])}>Create an endpoint</a>`;
  return html`<${Page} title="Endpoints" actions=${create}>
    <p class="lead">An endpoint is a URL that gets events: your shop, your ERP, a channel
      of Slack.</p>
    <${Answered} of=${endpoints}>${({ endpoints }) => {
      if (endpoints.length === 0) return html`<${NoEndpoint} />`;
      const rows = endpoints.map((endpoint) => ({
        endpoint,
        health: healthOf(stats.answer, endpoint.id),
      }));
      return html`<${Table} label="Endpoints" columns=${COLUMNS} rows=${rows} keyOf=${keyOf} />`;
    }}<//>
  <//>`;
}

const keyOf = ({ endpoint }) => endpoint.id;

function NoEndpoint() {
  return html`<${Empty} title="No endpoint yet">
    <p>Events are kept here, and go nowhere yet. <a href=${href(["endpoints", "new"])}>Create an
      endpoint</a>,
    and send it a test. It gets the events from then on; a replay sends earlier ones, too.</p>
  <//>`;
}

/** Returns the counts of an endpoint's deliveries; undefined where dispatch does not count them. */
export const healthOf = (stats, id) => stats?.endpoints?.find(({ endpoint }) => endpoint === id);

/** Shows whether an endpoint gets events. */
export function EndpointState({ endpoint: { active, disabled_reason: reason }, health }) {
  if (active && health?.failing_since)
    return html`<${Mark} tone="bad">failing since <${Time} at=${health.failing_since} /><//>`;
  if (active) return html`<${Mark} tone="good">active<//>`;
  return reason
    ? html`<${Mark} tone="bad">disabled: ${plain(reason)}<//>`
    : html`<${Mark} tone="warn">paused<//>`;
}

/** Returns whether an endpoint gets every event of every source. */
export const getsEverything = ({ sources, types, statuses, phases, verdicts, test = null }) =>
  test === null && [sources, types, statuses, phases, verdicts].every((list) => !list?.length);

/** Returns what a filter selects, in words. */
export function filterInWords(filter) {
  if (getsEverything(filter)) return "every event of every source";
  const list = (name, words, say = plain) =>
    words?.length > 0 && `${name}: ${words.map(say).join(", ")}`;
  return [
    list("sources", filter.sources, (source) => source),
    list("types", filter.types, typeInWords),
    list("statuses", filter.statuses),
    list("phases", filter.phases),
    list("verdicts", filter.verdicts),
    filter.test === true && "only tests",
    filter.test === false && "no tests",
  ]
    .filter(Boolean)
    .join("; ");
}

const figure =
  (member, tone) =>
  ({ health }) => {
    if (!health) return html`<${None} why="not counted" />`;
    const count = health[member];
    return count > 0 && tone ? html`<${Mark} tone=${tone}>${grouped(count)}<//>` : grouped(count);
  };

const COLUMNS = [
  {
    title: "Endpoint",
    kind: "main wide",
    cell: ({ endpoint: { id, description, url } }) => html`
      <a href=${href(["endpoints", id])}><${Text} of=${description ?? url ?? id} /></a>
      ${description && url && html`<br /><span class="soft"><${Text} of=${url} /></span>`}`,
  },
  { title: "State", cell: (row) => html`<${EndpointState} ...${row} />` },
  {
    title: "Gets",
    kind: "wide",
    cell: ({ endpoint: { filter } }) =>
      getsEverything(filter)
        ? html`<${Mark} tone="warn">every event of every source<//>`
        : filterInWords(filter),
  },
  { title: "Format", kind: "word", cell: ({ endpoint }) => endpoint.format },
  { title: "Waiting", kind: "number", cell: figure("waiting") },
  { title: "Held", kind: "number", cell: figure("held", "warn") },
  { title: "Failed", kind: "number", cell: figure("dead", "bad") },
  {
    title: "Oldest waiting",
    cell: ({ health }) => html`<${Time} at=${health?.oldest_waiting_at} />`,
  },
];
