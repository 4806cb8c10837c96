// One order: its state, its parcels, and its timeline.
import { send } from "../api.js";
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Asking } from "../parts/dialog.js";
import { Page, Section } from "../parts/page.js";
import { Answered } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Code, Facts, Status, Text, Time, Verdict } from "../parts/values.js";
import { go, href } from "../route.js";
import { useMayChange } from "../session.js";
import { useState } from "../vendor/hooks.js";
import { plain } from "../words.js";
import { EventDetail } from "./event-detail.js";
import { orderPath } from "./orders.js";

const BACK = [href(["orders"]), "Orders"];

/** Shows an order. */
export function Order({ source, id }) {
  const path = orderPath(source, id);
  const order = useAnswer(path, { every: 10_000 });
  const mayChange = useMayChange();
  const actions = mayChange && !order.problem && html`<${Erase} ...${{ source, id, path }} />`;
  return html`<${Page} title=${id} label=${`Order ${id}`} back=${BACK} actions=${actions}>
    ${
      path === null
        ? html`<p class="notice">This id cannot be part of an address, so only its events can be
            listed: <code>GET /v1/events?source=${source}&order=${id}</code>.</p>`
        : html`<${Answered} of=${order}>${(detail) => html`<${Detail} detail=${detail} />`}<//>`
    }
  <//>`;
}

function Detail({ detail: { order, parcels, items, timeline, timeline_complete: isWhole } }) {
  return html`
    <${State} order=${order} />
    ${
      parcels.length > 0 &&
      html`<${Section} id="parcels" title="Parcels">
        <${Table} label="Parcels" columns=${PARCELS} rows=${parcels} />
      <//>`
    }
    <${Section} id="timeline" title="Timeline">
      ${
        !isWhole &&
        html`<p class="notice">Only the latest ${timeline.length} events are
        shown.</p>`
      }
      <${Timeline} source=${order.source} moments=${timeline.toReversed()} />
    <//>
    ${
      items.length > 0 &&
      html`<${Section} id="items" title="Items">
        <${Table} label="Items" columns=${ITEMS} rows=${items} />
      <//>`
    }
  `;
}

function State({ order }) {
  const { phase, reason, source, reference, carrier, time_source: from, test } = order;
  return html`<${Facts} of=${[
    ["Status", html`<${Status} ...${order} reason=${null} isFinal=${order.final} />`],
    ["Phase", plain(phase)],
    reason && ["Reason", html`<${Text} of=${plain(reason)} />`],
    [
      "Since",
      html`<${Time} at=${order.time} always=${true} />${
        from === "receipt" &&
        html` <span
        class="soft">when it came</span>`
      }`,
    ],
    ["Source", html`<a href=${href(["sources", source])}>${source}</a>`],
    ["Reference", html`<${Text} of=${reference} />`],
    carrier && ["Carrier", html`<${Text} of=${carrier} />`],
    ["First event taken", html`<${Time} at=${order.created_at} always=${true} />`],
    ["Latest event taken", html`<${Time} at=${order.updated_at} always=${true} />`],
    test && ["Test", "the provider marks it as a test"],
  ]} />`;
}

function Timeline({ source, moments }) {
  return html`<ol class="timeline">
    ${moments.map(
      (moment) => html`<${Moment} key=${moment.id + moment.taken_at}
      ...${{ source, moment }} />`,
    )}
  </ol>`;
}

function Moment({ source, moment }) {
  const [isOpen, setOpen] = useState(false);
  const { id, status, was, reason, final, verdict, time, provider_now: word } = moment;
  return html`<li>
    <div class="moment">
      <${Time} at=${time} always=${true} />
      <span><${Status} ...${{ status, reason }} isFinal=${final} />
        ${was && html`<span class="soft">, from ${plain(was)}</span>`}<${Verdict}
          verdict=${verdict} /></span>
      <span class="soft">${word && html`“<bdi>${word}</bdi>”`}
        ${moment.provider_event && moment.provider_event !== word && html` <bdi>${moment.provider_event}</bdi>`}</span>
      <button
        class="small"
        aria-expanded=${isOpen}
        aria-label=${`Event ${plain(status)}`}
        onClick=${() => setOpen(!isOpen)}
      >Event</button>
    </div>
    ${isOpen && html`<${EventDetail} ...${{ source, id }} />`}
  </li>`;
}

function Erase({ source, id, path }) {
  const erase = async () => {
    while (!(await erasePart(source, id, path)));
    go(href(["orders"]));
    return "The order is erased.";
  };
  return html`<${Asking} label="Erase" tone="danger-quiet" title="Erase this order?" verb="Erase"
    work=${erase}>
    <p>Its state, its events, their payloads and the dead letters that name it are deleted. This
      cannot be
    undone. If another event of it comes, the order begins anew.</p>
  <//>`;
}

/** Erases a part of an order. Returns whether nothing is left. */
async function erasePart(source, id, path) {
  if (path !== null) return (await send("DELETE", path)).status === 204;
  const { json } = await send("POST", "/v1/erasures", { source, order: id });
  return json.complete;
}

const PARCELS = [
  {
    title: "Tracking number",
    kind: "main",
    cell: ({ tracking_number: number, tracking_url: url }) =>
      html`<${Code} of=${number} />${url && html`<p><${Tracking} url=${url} /></p>`}`,
  },
  { title: "Status", cell: (parcel) => html`<${Status} ...${parcel} />` },
  { title: "Carrier", cell: ({ carrier }) => html`<${Text} of=${carrier} />` },
  { title: "Since", cell: ({ time }) => html`<${Time} at=${time} />` },
];

/** Shows the address of a carrier's page, as a link if it is one of the web. */
function Tracking({ url }) {
  const text = html`<${Text} of=${url} />`;
  return /^https?:\/\//i.test(url)
    ? html`<a href=${url} target="_blank" rel="noreferrer">${text}</a>`
    : text;
}

const ITEMS = [
  { title: "Item", kind: "main", cell: ({ name, sku }) => html`<${Text} of=${name ?? sku} />` },
  { title: "Number", cell: ({ sku }) => html`<${Code} of=${sku} />` },
  { title: "Quantity", kind: "number", cell: ({ quantity }) => html`<${Text} of=${quantity} />` },
  { title: "Status", cell: ({ status }) => html`<${Status} status=${status?.now} />` },
];
