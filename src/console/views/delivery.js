// One delivery: its attempts, the request as it was sent, and the answers.
import { path } from "../api.js";
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Page, Section } from "../parts/page.js";
import { Content } from "../parts/payload.js";
import { Answered } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Code, DeliveryState, Facts, grouped, Status, Text, Time } from "../parts/values.js";
import { href } from "../route.js";
import { useMayChange } from "../session.js";
import { answerInWords, typeInWords } from "../words.js";
import { Retry, retryVerb } from "./deliveries.js";

/** Shows a delivery. */
export function Delivery({ id }) {
  const delivery = useAnswer(path("deliveries", id), { every: 5_000 });
  const mayChange = useMayChange();
  const { answer } = delivery;
  const back = answer
    ? [href(["endpoints", answer.delivery.endpoint]), "The endpoint"]
    : [href(["endpoints"]), "Endpoints"];
  const canRetry = answer && mayChange && answer.delivery.state !== "leased";
  const actions =
    canRetry &&
    html`<${Retry} id=${id} label=${retryVerb(answer.delivery.state)} refresh=${delivery.again} />`;
  return html`<${Page} title="Delivery" ...${{ back, actions }}>
    <${Answered} of=${delivery}>${(detail) => html`<${Detail} ...${detail} />`}<//>
  <//>`;
}

function Detail({ delivery, failed_attempts: failed, request }) {
  const { source, order_id: order, event_id: event, event_type: type } = delivery;
  return html`
    <${Facts} of=${[
      ["State", html`<${DeliveryState} ...${delivery} />`],
      ["Event", html`<a href=${href(["events", source, event])}><${Code} of=${event} /></a>`],
      ["Type", typeInWords(type)],
      order !== null && [
        "Order",
        html`<a href=${href(["orders", source, order])}><${Text} of=${order} /></a>`,
      ],
      delivery.order_status && ["Status", html`<${Status} status=${delivery.order_status} />`],
      ["Taken", html`<${Time} at=${delivery.taken_at} always=${true} />`],
      ["Attempts", grouped(delivery.attempts)],
      ["Last attempt", html`<${Time} at=${delivery.last_at} always=${true} />`],
      ["Last answer", answerInWords(delivery.last_status, delivery.last_note)],
      delivery.last_ms !== null && ["It took", `${grouped(delivery.last_ms)} ms`],
      delivery.next_at && ["Next attempt", html`<${Time} at=${delivery.next_at} always=${true} />`],
    ]} />
    <${Section} id="attempts" title="Failed attempts">
      ${
        failed.length > 0
          ? html`<${Table} label="Failed attempts" columns=${COLUMNS} rows=${failed} />`
          : html`<p class="state">No attempt has failed.</p>`
      }
    <//>
    ${request && html`<${Request} request=${request} />`}
  `;
}

function Request({
  request: { method, url, headers, body, body_base64: base64, body_ref: reference },
}) {
  const rows = Array.isArray(headers) ? headers : Object.entries(headers ?? {});
  const text = body ?? base64;
  return html`<${Section} id="request" title="The request">
    <p class="soft">As the next attempt would send it. <code>…</code> stands for what each attempt
      makes anew.</p>
    <p><code>${method}</code> <${Text} of=${url} /></p>
    <${Table} label="Headers of the request" columns=${HEADERS} rows=${rows} />
    ${reference && html`<p>The body is kept apart, as <${Code} of=${reference} />.</p>`}
    ${
      typeof text === "string" &&
      html`<${Content} text=${text} label="Body of the request"
      file="request.txt" />`
    }
  <//>`;
}

const HEADERS = [
  { title: "Header", kind: "main", cell: ([name]) => html`<${Code} of=${name} />` },
  { title: "Value", kind: "wide", cell: ([, value]) => html`<${Code} of=${value} />` },
];

const COLUMNS = [
  { title: "Attempt", kind: "main", cell: ({ n }) => n },
  { title: "At", cell: ({ at }) => html`<${Time} at=${at} always=${true} />` },
  { title: "Took", kind: "number", cell: ({ ms }) => `${grouped(ms)} ms` },
  { title: "Answer", cell: ({ status, note }) => answerInWords(status, note) },
  {
    title: "Text of the answer",
    kind: "wide",
    cell: ({ answer }) =>
      answer ? html`<pre class="cell"><bdi>${answer}</bdi></pre>` : html`<${Text} />`,
  },
];
