// A table that stacks on a narrow screen. Roles are written out: a table that is laid out otherwise may lose them.
import { html } from "../html.js";
import { Empty, Failure, Loading } from "./states.js";

/**
 * Shows rows as a table. A column has a `title`, a `cell` that draws a row's value, and a `kind` for its look: `number`, `act` for buttons
 * or `main`, which heads the row where it is stacked. A small table has few columns, and does not stack.
 */
export function Table({ label, columns, rows, keyOf = (_, at) => at, isSmall = false }) {
  return html`<table role="table" aria-label=${label} class=${isSmall ? "small" : undefined}>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map(
          ({ title, kind }) => html`<th role="columnheader" scope="col"
          class=${kind}>${title}</th>`,
        )}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (row, at) => html`<tr role="row"
        key=${keyOf(row, at)}>${columns.map((column) => cellOf(column, row))}</tr>`,
      )}
    </tbody>
  </table>`;
}

const cellOf = ({ title, cell, kind }, row) =>
  html`<td role="cell" class=${kind} data-label=${title}><div>${cell(row)}</div></td>`;

/** Shows a list of `useList` as a table: loading, failed, empty, or its rows and a way to more of them. */
export function List({ list, empty, ...table }) {
  if (list.problem && list.entries.length === 0)
    return html`<${Failure} problem=${list.problem} again=${list.again} />`;
  if (list.isLoading) return html`<${Loading} />`;
  if (list.entries.length === 0 && !list.more) return html`<${Empty} ...${empty} />`;
  return html`<${Table} ...${table} rows=${list.entries} />
    ${list.moreProblem && html`<${Failure} problem=${list.moreProblem} />`}
    ${
      list.more &&
      html`<p class="more"><button onClick=${list.more} disabled=${list.isLoadingMore}>
        ${list.isLoadingMore ? "Loading …" : "Show more"}
      </button></p>`
    }`;
}
