// The sources: which are ready, and what they answered.
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Choice } from "../parts/fields.js";
import { Page } from "../parts/page.js";
import { Answered, Empty } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { grouped, Mark, None, Time } from "../parts/values.js";
import { byKind } from "../refusals.js";
import { href, replace } from "../route.js";

/** Shows the sources. */
export function Sources({ query }) {
  const sources = useAnswer("/v1/sources", { every: 15_000 });
  const sort = query.get("sort");
  return html`<${Page} title="Sources">
    <p class="lead">A source is one account at one provider. It is named
      in <code>wrangler.toml</code>. An <a href=${href(["endpoints", "new"])}>endpoint</a> of the
      type “source silent” is told when one falls silent.</p>
    <${Answered} of=${sources}>${({ receiver, sources }) => html`
      <${Receiver} receiver=${receiver} />
      ${sources.length > 0 ? html`<${All} ...${{ sources, sort }} />` : html`<${NoSource} />`}
    `}<//>
  <//>`;
}

function All({ sources, sort }) {
  const rows = sort === SILENT ? sources.toSorted(bySilence) : sources;
  return html`<form class="filters" aria-label="Sort the sources"
      onSubmit=${(event) => event.preventDefault()}>
      <${Choice} id="sort" label="Sort" any="By name" value=${sort}
        choices=${[[SILENT, "Longest silent first"]]}
        onChange=${(sort) => replace(href(["sources"], { sort }))} />
    </form>
    <${Table} label="Sources" columns=${COLUMNS} rows=${rows} keyOf=${({ name }) => name} />`;
}

const SILENT = "silent";

/** Compares two sources by their latest events: the oldest first, and one without events last. */
const bySilence = (a, b) => latestOf(a) - latestOf(b) || 0;
const latestOf = ({ latest_at: at }) => (at === null ? Infinity : Date.parse(at));

function NoSource() {
  return html`<${Empty} title="There is no source">
    <p>Name one under <code>[vars.SOURCES]</code> in <code>wrangler.toml</code>, and set its
      secret.</p>
  <//>`;
}

/** Why the receiver's details are missing, and what to do. */
const ERRORS = {
  health_token_missing:
    "dispatch has no HEALTH_TOKEN, so it cannot ask the receiver for details. Set the same HEALTH_TOKEN for both Workers.",
  health_token_wrong:
    "The receiver has another HEALTH_TOKEN than dispatch. Set the same one for both Workers.",
  unreachable:
    "The receiver did not answer. Check that it runs, and that dispatch has the service binding RECEIVER.",
};

/** Shows the state of the receiver, and what is wrong with it. */
export function Receiver({ receiver: { status, version, problems, error } }) {
  return html`<div class="receiver">
    ${
      status &&
      html`<p><${Mark} tone=${status === "ok" ? "good" : "warn"}>receiver ${status}<//>
      ${version && html`<span class="soft"> version ${version}</span>`}</p>`
    }
    ${error && html`<p class="notice warn">${ERRORS[error] ?? error}</p>`}
    ${problems.map((problem) => html`<p class="notice bad">${problem}</p>`)}
  </div>`;
}

/** Shows whether a source takes deliveries. */
export function Readiness({ source: { ready, warnings } }) {
  if (ready === null) return html`<${Mark} tone="calm">not known<//>`;
  if (!ready) return html`<${Mark} tone="bad">not ready<//>`;
  return warnings.length > 0
    ? html`<${Mark} tone="warn">ready, with warnings<//>`
    : html`<${Mark} tone="good">ready<//>`;
}

const count = (kind) => (source) => grouped(byKind(source.deliveries)[kind]);

const COLUMNS = [
  {
    title: "Source",
    kind: "main",
    cell: ({ name }) => html`<a href=${href(["sources", name])}>${name}</a>`,
  },
  { title: "Provider", cell: ({ provider }) => provider ?? html`<${None} why="not known" />` },
  { title: "State", cell: (source) => html`<${Readiness} source=${source} />` },
  { title: "Taken, 24 h", kind: "number", cell: count("taken") },
  { title: "Refused, 24 h", kind: "number", cell: count("refused") },
  { title: "Failed, 24 h", kind: "number", cell: count("failed") },
  { title: "Latest event", cell: ({ latest_at: at }) => html`<${Time} at=${at} />` },
];
