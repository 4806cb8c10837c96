// What an event says, where it was delivered, and its payload.
import { asking, get, path } from "../api.js";
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Page } from "../parts/page.js";
import { Payload } from "../parts/payload.js";
import { Answered, Failure, Loading } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Code, DeliveryState, Facts, Text, Time } from "../parts/values.js";
import { href } from "../route.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { answerInWords, plain, typeInWords } from "../words.js";

/** Shows an event at an address of its own. */
export function EventPage({ source, id }) {
  return html`<${Page} title="Event" label=${`Event ${id}`} back=${[href(["now"]), "Now"]}>
    <p>From <a href=${href(["sources", source])}>${source}</a></p>
    <${EventDetail} ...${{ source, id }} heading="h2" />
  <//>`;
}

/** Shows an event. `heading` is the element of the headings within. */
export function EventDetail({ source, id, heading = "h3" }) {
  const record = useAnswer(path("events", source, id));
  return html`<div class="detail">
    <${Answered} of=${record}>${(record) => html`<${Record} ...${{ record, heading }} />`}<//>
  </div>`;
}

function Record({ record: { source, taken_at: takenAt, event }, heading }) {
  const { data } = event;
  return html`
    <${Facts} of=${[
      ["Event", html`<a href=${href(["events", source, event.id])}><${Code} of=${event.id} /></a>`],
      ["Type", typeInWords(event.type)],
      data.reason && ["Not understood", html`<${Text} of=${data.reason.text} />`],
      ["Proof", plain(data.authenticity ?? "unverified")],
      ["Received", html`<${Time} at=${data.received_at} always=${true} />`],
      ["Taken", html`<${Time} at=${takenAt} always=${true} />`],
      data.attempt && ["Attempt", data.attempt],
      data.order?.estimated_delivery && [
        "Expected",
        html`<${Time} at=${data.order.estimated_delivery} always=${true} />`,
      ],
      data.status?.documented === false && [
        "Documented",
        "the provider's page does not know this step",
      ],
      data.total && [
        "Total",
        html`<${Text} of=${`${data.total.amount} ${data.total.currency ?? ""}`} />`,
      ],
      ...people(data),
      data.notes && ["Notes", html`<${Text} of=${data.notes} />`],
    ]} />
    <${heading}>Delivered to<//>
    <${Deliveries} ...${{ source, id: event.id, takenAt }} />
    <${heading}>Payload<//>
    <${Payload} data=${data} />
  `;
}

const people = ({ customer, driver, pickup }) =>
  [
    ["Customer", customer],
    ["Driver", driver],
    ["Pick-up", pickup],
  ].map(
    ([name, person]) =>
      person && [name, html`<${Text} of=${Object.values(person).filter(Boolean).join(", ")} />`],
  );

/** Returns the deliveries of an event: each endpoint is asked for those of the moment in which the event was taken. */
async function deliveriesOf({ source, id, takenAt }, signal) {
  const { endpoints } = await get("/v1/endpoints", { signal });
  const until = new Date(Date.parse(takenAt) + 1).toISOString();
  const found = endpoints.map(async (endpoint) => {
    const list = path("endpoints", endpoint.id, "deliveries");
    const query = { source, since: takenAt, until, limit: "200" };
    const { deliveries } = await get(asking(list, query), { signal });
    return deliveries
      .filter(({ event_id: of }) => of === id)
      .map((delivery) => ({
        ...delivery,
        to: endpoint.description ?? endpoint.url ?? endpoint.id,
      }));
  });
  return (await Promise.all(found)).flat();
}

function Deliveries({ source, id, takenAt }) {
  const [{ deliveries, problem }, setFound] = useState(/** @type {any} */ ({}));
  useEffect(() => {
    const control = new AbortController();
    deliveriesOf({ source, id, takenAt }, control.signal).then(
      (deliveries) => setFound({ deliveries }),
      (problem) => problem.name !== "AbortError" && setFound({ problem }),
    );
    return () => control.abort();
  }, [source, id, takenAt]);
  if (problem) return html`<${Failure} problem=${problem} />`;
  if (!deliveries) return html`<${Loading} />`;
  if (deliveries.length === 0)
    return html`<p class="soft">No endpoint: when it came, no filter selected it.
      See <a href=${href(["endpoints"])}>the endpoints</a>.</p>`;
  return html`<${Table} label="Deliveries of this event" columns=${COLUMNS} rows=${deliveries} />`;
}

const COLUMNS = [
  {
    title: "Endpoint",
    kind: "main",
    cell: ({ endpoint, to }) =>
      html`<a href=${href(["endpoints", endpoint])}><${Text} of=${to} /></a>`,
  },
  {
    title: "State",
    cell: ({ id, state, attempts }) =>
      html`<a href=${href(["deliveries", id])}><${DeliveryState} ...${{ state, attempts }} /></a>`,
  },
  { title: "Attempts", kind: "number", cell: ({ attempts }) => attempts },
  {
    title: "Last answer",
    cell: ({ last_status: status, last_note: note }) => answerInWords(status, note),
  },
  { title: "Last attempt", cell: ({ last_at: at }) => html`<${Time} at=${at} />` },
];
