// Who changed what.
import { useAnswer, useList } from "../answers.js";
import { html } from "../html.js";
import { Page } from "../parts/page.js";
import { List } from "../parts/table.js";
import { Code, Text, Time } from "../parts/values.js";
import { href } from "../route.js";
import { plain } from "../words.js";

/** Shows the audit. */
export function Audit() {
  const list = useList("/v1/audit", "entries");
  const { answer } = useAnswer("/v1/endpoints");
  const named = (entry) => ({
    ...entry,
    name: answer?.endpoints.find(({ id }) => id === entry.target)?.description,
  });
  return html`<${Page} title="Audit">
    <p class="lead">Each change, and the token that made it. Entries are kept for 400 days.</p>
    <${List} list=${{ ...list, entries: list.entries.map(named) }} label="Audit" columns=${COLUMNS} empty=${EMPTY} />
  <//>`;
}

const EMPTY = {
  title: "Nothing has been changed yet",
  children: html`<p>The first token, endpoint or erased order appears here, with the name of the
    token that did it.</p>`,
};

const COLUMNS = [
  { title: "At", kind: "main", cell: ({ at }) => html`<${Time} at=${at} always=${true} />` },
  { title: "Who", cell: ({ actor }) => (actor === "DISPATCH" ? "dispatch itself" : actor) },
  { title: "What", cell: ({ action }) => plain(action) },
  { title: "Which", kind: "wide", cell: targetOf },
];

/** The beginnings of actions whose target has a view. */
const VIEWS = { endpoint: "endpoints", secret: "endpoints", delivery: "deliveries" };

function targetOf({ action, target, name }) {
  const [kind] = action.split("_");
  const isThere = target !== null && Object.hasOwn(VIEWS, kind) && action !== "endpoint_deleted";
  const shown = name ? html`<${Text} of=${name} />` : html`<${Code} of=${target} />`;
  return isThere ? html`<a href=${href([VIEWS[kind], target])}>${shown}</a>` : shown;
}
