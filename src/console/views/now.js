// What comes in now: figures, the latest events, and the receiver's answers.
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Choice } from "../parts/fields.js";
import { Page, Section } from "../parts/page.js";
import { Answered, Empty, Failure, Loading } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Figures, grouped, Mark, Status, Text, Time, Verdict } from "../parts/values.js";
import { href, replace } from "../route.js";
import { useState } from "../vendor/hooks.js";
import { PHASES, plain, toneOf, typeInWords } from "../words.js";
import { Answers } from "./answer-table.js";
import { useLatest } from "./latest.js";

const STATS_EVERY_MS = 5_000;
const ANSWERS_EVERY_MS = 15_000;

/** Shows what comes in. */
export function Now({ query }) {
  const [isPaused, setPaused] = useState(false);
  const stats = useAnswer("/v1/stats", { every: isPaused ? undefined : STATS_EVERY_MS });
  const sources = useAnswer("/v1/sources", { every: isPaused ? undefined : ANSWERS_EVERY_MS });
  const source = query.get("source") ?? "";
  const names = (stats.answer?.sources ?? []).map(({ source }) => source);
  return html`<${Page} title="Now">
    <${Answered} of=${stats}>${(answer) => html`<${Overview} stats=${answer} />`}<//>
    <${Latest} ...${{ source, names, isPaused, setPaused }} />
    <div class="columns">
      <${Section} id="answers" title="Answers of the last 24 hours">
        <${Answered} of=${sources}>${(answer) => html`<${AllAnswers}
          sources=${answer.sources} />`}<//>
      <//>
      <div>
      <${Section} id="by-status" title="Orders by status">
        <${Answered} of=${stats} isSecond=${true}>${(answer) => html`<${ByStatus} sources=${answer.sources} />`}<//>
      <//>
      <${Section} id="by-source" title="By source">
        <${Answered} of=${stats} isSecond=${true}>${({ sources }) => html`<${BySource} sources=${sources} />`}<//>
      <//>
      </div>
    </div>
  <//>`;
}

function Overview({ stats: { sources, queue, dead_letters: dead, endpoints = [] } }) {
  const sum = (list, member) => list.reduce((all, one) => all + one[member], 0);
  const failed = sum(endpoints, "dead") + sum(endpoints, "held");
  return html`<${Figures} label="Overview" of=${[
    { name: "Events in the last hour", value: grouped(sum(sources, "events_last_hour")) },
    { name: "Events in the last day", value: grouped(sum(sources, "events_last_day")) },
    { name: "Orders", value: grouped(sum(sources, "orders")), to: href(["orders"]) },
    queue && { name: "Waiting in the queue", value: grouped(queue.messages) },
    endpoints.length > 0 && {
      ...{ name: "Deliveries failed or held", value: grouped(failed), to: href(["endpoints"]) },
      tone: failed > 0 ? "bad" : "",
    },
    {
      ...{ name: "Dead letters", value: grouped(dead), to: href(["dead-letters"]) },
      tone: dead > 0 ? "bad" : "",
    },
  ]} />`;
}

function Latest({ source, names, isPaused, setPaused }) {
  const { events, problem, again } = useLatest(source, isPaused);
  const actions = html`
    <${Choice}
      id="source" label="Source" any="All" value=${source} choices=${names}
      onChange=${(source) => replace(href(["now"], { source }))}
    />
    <button aria-pressed=${isPaused} onClick=${() => setPaused(!isPaused)}>
      ${isPaused ? "Go on" : "Pause"}
    </button>`;
  return html`<${Section} id="latest" title="Latest events" actions=${actions}>
    ${problem && html`<${Failure} ...${{ problem, again }} />`}
    ${!events && !problem && html`<${Loading} />`}
    ${events?.length === 0 && html`<${Quiet} />`}
    ${
      events?.length > 0 &&
      html`<div class="scroll" tabindex="0" role="region" aria-label="List of the latest events">
        <${Table} label="Latest events" columns=${COLUMNS} rows=${events} keyOf=${keyOf} />
      </div>`
    }
  <//>`;
}

const keyOf = ({ source, event, taken_at: at }) => `${source} ${event.id} ${at}`;

/** Leads somebody new from nothing to the first event that reaches an endpoint. */
function Quiet() {
  return html`<${Empty} title="Nothing has come in yet">
    <ol>
      <li>Send some deliveries: <code>npm run demo</code> in a second terminal. They appear
        here.</li>
      <li><a href=${href(["endpoints", "new"])}>Create an endpoint</a>: the URL that gets the
        events. Test it
        there.</li>
      <li><a href=${href(["sources"])}>Open a source</a>: it has the address for the provider, and
        says what is
        missing.</li>
    </ol>
  <//>`;
}

const COLUMNS = [
  { title: "Taken", cell: ({ taken_at: at }) => html`<${Time} at=${at} />` },
  { title: "Source", kind: "word", cell: ({ source }) => source },
  { title: "Order", kind: "main", cell: (record) => html`<${About} ...${record} />` },
  {
    title: "Status",
    cell: ({ verdict, event: { type, data } }) =>
      data.status
        ? html`<${Status} status=${data.status.now} reason=${data.status.reason} /><${Verdict}
            verdict=${verdict} />`
        : html`<${Mark} tone="warn">${data.reason?.text ?? typeInWords(type)}<//>`,
  },
];

function About({ source, event: { id, data } }) {
  if (!data.order) return html`<a href=${href(["events", source, id])}>Not understood</a>`;
  return html`<a href=${href(["orders", source, data.order.id])}>
      <${Text} of=${data.order.reference ?? data.order.id} />
    </a>${data.test && html` <span class="tag">test</span>`}`;
}

function AllAnswers({ sources }) {
  const found = new Map();
  for (const { name, deliveries } of sources)
    for (const { code, count } of deliveries) {
      const { count: before = 0, from = [] } = found.get(code) ?? {};
      found.set(code, { code, count: before + count, from: [...from, { name, count }] });
    }
  return html`<${Answers} deliveries=${[...found.values()]} />`;
}

function BySource({ sources }) {
  if (sources.length === 0) return html`<p class="state">No source has had an event yet.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Events by source">
    <${Table} label="By source" isSmall=${true} columns=${SOURCE_COLUMNS} rows=${sources} />
  </div>`;
}

const SOURCE_COLUMNS = [
  {
    title: "Source",
    kind: "main",
    cell: ({ source }) => html`<a href=${href(["sources", source])}>${source}</a>`,
  },
  { title: "Hour", kind: "number", cell: ({ events_last_hour: count }) => grouped(count) },
  { title: "Day", kind: "number", cell: ({ events_last_day: count }) => grouped(count) },
  { title: "Latest", cell: ({ latest_at: at }) => html`<${Time} at=${at} />` },
];

function ByStatus({ sources }) {
  const counts = new Map();
  for (const { statuses } of sources)
    for (const [status, count] of Object.entries(statuses))
      counts.set(status, (counts.get(status) ?? 0) + count);
  if (counts.size === 0) return html`<p class="state">No order yet.</p>`;
  const rows = Object.entries(PHASES).flatMap(([phase, statuses]) =>
    statuses
      .filter((status) => counts.has(status))
      .map((status) => ({ phase, status, count: counts.get(status) })),
  );
  return html`<${Table} label="Orders by status" isSmall=${true} columns=${STATUS_COLUMNS}
    rows=${rows} />`;
}

const STATUS_COLUMNS = [
  {
    title: "Status",
    kind: "main",
    cell: ({ status }) => html`<a href=${href(["orders"], { status })}>
      <${Mark} tone=${toneOf(status)}>${plain(status)}<//></a>`,
  },
  { title: "Phase", cell: ({ phase }) => plain(phase) },
  { title: "Orders", kind: "number", cell: ({ count }) => grouped(count) },
];
