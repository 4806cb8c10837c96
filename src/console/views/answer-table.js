// The receiver's answers by code, with what each usually means.
import { html } from "../html.js";
import { Table } from "../parts/table.js";
import { grouped, Mark } from "../parts/values.js";
import { aboutCode, KIND_TONES } from "../refusals.js";
import { href } from "../route.js";
import { plain } from "../words.js";

const KINDS = ["failed", "refused", "taken"];

/**
 * Shows counts by code: what needs attention first. `canMend` also says what to do. A count of several sources names them in `from`.
 */
export function Answers({ deliveries, canMend = false }) {
  if (deliveries.length === 0)
    return html`<p class="state">The receiver has not reported an answer yet. It reports at most
      once
      in ten seconds.</p>`;
  const rank = ({ code }) => KINDS.indexOf(aboutCode(code).kind);
  const rows = deliveries.toSorted((a, b) => rank(a) - rank(b) || b.count - a.count);
  return html`<${Table} label="Answers by code" columns=${canMend ? [...COLUMNS, MEND] : COLUMNS}
    rows=${rows} />`;
}

const COLUMNS = [
  {
    title: "Answer",
    kind: "main",
    cell: ({ code }) => html`<${Mark} tone=${KIND_TONES[aboutCode(code).kind]}>${plain(code)}<//>`,
  },
  { title: "Count", kind: "number", cell: ({ count }) => grouped(count) },
  {
    title: "What it usually means",
    kind: "wide",
    cell: ({ code, from }) =>
      html`${aboutCode(code).means}${
        from &&
        aboutCode(code).kind !== "taken" &&
        html` <span class="soft">At ${sourcesOf(from)}.</span>`
      }`,
  },
];

/** How many sources are named of a code. */
const NAMED = 3;

function sourcesOf(from) {
  const most = from.toSorted((a, b) => b.count - a.count).slice(0, NAMED);
  const names = most.map(
    ({ name }, at) => html`${at > 0 && ", "}<a href=${href(["sources", name])}>${name}</a>`,
  );
  return html`${names}${from.length > NAMED && ` and ${from.length - NAMED} more`}`;
}

const MEND = {
  title: "What to do",
  kind: "wide",
  cell: ({ code }) => aboutCode(code).mend ?? html`<span class="soft">nothing</span>`,
};
