// Orders: found by a name, or filtered.
import { asking, get, path } from "../api.js";
import { useAnswer, useList } from "../answers.js";
import { announce } from "../announce.js";
import { html } from "../html.js";
import { Choice, localOf, momentOf, TextField } from "../parts/fields.js";
import { Page } from "../parts/page.js";
import { Empty, Failure, Loading } from "../parts/states.js";
import { List, Table } from "../parts/table.js";
import { grouped, Code, Status, Text, Time } from "../parts/values.js";
import { href, replace } from "../route.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { PHASES, plain, STATUSES } from "../words.js";

/** Shows the orders that the address asks for. */
export function Orders({ query }) {
  const filter = Object.fromEntries(query);
  const change = (changes) => replace(href(["orders"], { ...filter, ...changes }));
  return html`<${Page} title="Orders">
    <${Search} find=${filter.find ?? ""} change=${change} />
    ${
      filter.find
        ? html`<${Found} find=${filter.find} source=${filter.source} change=${change} />`
        : html`<${Filters} ...${{ filter, change }} /><${Filtered} filter=${filter} />`
    }
  <//>`;
}

function Search({ find, change }) {
  const [text, setText] = useState(find);
  useEffect(() => setText(find), [find]);
  const submit = (event) => {
    event.preventDefault();
    change({ find: text.trim() });
  };
  return html`<form class="search" role="search" onSubmit=${submit}>
    <${TextField}
      id="find"
      label="Find an order"
      type="search"
      value=${text}
      onInput=${setText}
      maxlength="1024"
      autocomplete="off"
      placeholder="Id, reference or tracking number"
    />
    <button type="submit">Find</button>
  </form>`;
}

/** The names that an order is found by. */
const NAMES = ["id", "reference", "tracking_number"];

/** Asks for an order by each name at once. */
function useFound(find, source) {
  const [found, setFound] = useState(/** @type {{ orders?: any[], problem?: any }} */ ({}));
  const [round, setRound] = useState(0);
  useEffect(() => {
    const { signal, abort } = aborting();
    setFound({});
    const lists = NAMES.map((name) =>
      get(asking("/v1/orders", { [name]: find, source, limit: "50" }), { signal }),
    );
    Promise.all(lists).then(
      (pages) => {
        const orders = once(pages.flatMap((page) => page.orders));
        setFound({ orders });
        announce(orders.length === 1 ? "1 order found." : `${orders.length} orders found.`);
      },
      (problem) => problem.name !== "AbortError" && setFound({ problem }),
    );
    return abort;
  }, [find, source, round]);
  return { ...found, again: () => setRound(round + 1) };
}

function aborting() {
  const control = new AbortController();
  return { signal: control.signal, abort: () => control.abort() };
}

/** Returns each order once, even if several of its names were asked for. */
const once = (orders) => [...new Map(orders.map((order) => [keyOf(order), order])).values()];

const keyOf = ({ source, id }) => `${source} ${id}`;

function Found({ find, source, change }) {
  const { orders, problem, again } = useFound(find, source);
  const clear = html`<button class="link" onClick=${() => change({ find: "" })}>Show all
    orders</button>`;
  if (problem) return html`<${Failure} ...${{ problem, again }} />`;
  if (!orders) return html`<${Loading} />`;
  if (orders.length === 0)
    return html`<${Empty} title="No order has this id, reference or tracking number">
      <p>They must match exactly, with every letter as the provider writes it. ${clear}</p>
    <//>`;
  return html`<p class="soft">Found by <bdi>${find}</bdi>. ${clear}</p>
    <${Table} label="Orders found" columns=${COLUMNS} rows=${orders} keyOf=${keyOf} />`;
}

function Filters({ filter, change }) {
  const { answer } = useAnswer("/v1/event-types");
  const set = (name) => (value) => change({ [name]: value });
  const statuses = filter.phase ? (PHASES[filter.phase] ?? STATUSES) : STATUSES;
  const named = (words) => words.map((word) => [word, plain(word)]);
  return html`<form class="filters" aria-label="Filter orders"
    onSubmit=${(event) => event.preventDefault()}>
    <${Choice} id="source" label="Source" any="All" value=${filter.source}
      choices=${answer?.sources ?? []} onChange=${set("source")} />
    <${Choice}
      id="phase" label="Phase" any="All" value=${filter.phase} choices=${named(Object.keys(PHASES))}
      onChange=${(phase) => change({ phase, status: "" })}
    />
    <${Choice} id="status" label="Status" any="All" value=${filter.status}
      choices=${named(statuses)} onChange=${set("status")} />
    <${Choice}
      id="test" label="Tests" any="With tests" value=${filter.test}
      choices=${[["false", "Without tests"], ["true", "Only tests"]]} onChange=${set("test")}
    />
    <${Moments} ...${{ filter, change }} />
  </form>`;
}

function Moments({ filter, change }) {
  const field = (name, label) => html`<div class="field">
    <label for=${name}>${label}</label>
    <input
      id=${name}
      type="datetime-local"
      value=${localOf(filter[name])}
      onChange=${(event) => change({ [name]: momentOf(event.target.value) })}
    />
  </div>`;
  return html`${field("since", "Changed since")}${field("until", "Changed before")}`;
}

/** The members of the address that dispatch takes as a filter. */
const ASKED = ["source", "status", "phase", "test", "since", "until"];

function Filtered({ filter }) {
  const asked = Object.fromEntries(ASKED.map((name) => [name, filter[name]]));
  const list = useList(asking("/v1/orders", asked), "orders");
  const isFiltered = Object.values(asked).some(Boolean);
  return html`<${List}
    list=${list}
    label="Orders"
    columns=${COLUMNS}
    keyOf=${keyOf}
    empty=${isFiltered ? NOT_FILTERED : NONE_YET}
  />`;
}

const NOT_FILTERED = {
  title: "No order matches",
  children: html`<p><a href=${href(["orders"])}>Show all orders</a></p>`,
};
const NONE_YET = {
  title: "No order yet",
  children: html`<p>An order appears here with its first event. On your own
    machine, <code>npm run demo</code> sends some. See <a href=${href(["sources"])}>which sources
      are ready</a>.</p>`,
};

const COLUMNS = [
  {
    title: "Order",
    kind: "main",
    cell: ({ source, id, reference, test }) => html`
      <a href=${href(["orders", source, id])}><${Text} of=${reference ?? id} /></a>
      ${reference && reference !== id && html` <span class="soft"><${Code} of=${id} /></span>`}
      ${test && html` <span class="tag">test</span>`}`,
  },
  { title: "Status", cell: (order) => html`<${Status} ...${order} isFinal=${order.final} />` },
  { title: "Source", kind: "word", cell: ({ source }) => source },
  { title: "Carrier", cell: ({ carrier }) => html`<${Text} of=${carrier} />` },
  {
    title: "Tracking",
    kind: "wide",
    cell: ({ tracking_numbers: [first, ...rest] }) =>
      html`<${Code} of=${first} />${
        rest.length > 0 &&
        html` <span
        class="soft">and ${rest.length} more</span>`
      }`,
  },
  {
    title: "Events",
    kind: "number",
    cell: ({ events }) => (events >= 1000 ? "1,000 +" : grouped(events)),
  },
  { title: "Changed", cell: ({ updated_at: at }) => html`<${Time} at=${at} />` },
];

/** Returns the path of an order in the API; null if its id cannot be part of an address. */
export const orderPath = (source, id) =>
  [".", ".."].includes(id) ? null : path("orders", source, id);
