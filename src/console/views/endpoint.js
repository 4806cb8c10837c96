// One endpoint: its state, what can be done with it, and its deliveries.
import { path } from "../api.js";
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Page, Section } from "../parts/page.js";
import { Secret } from "../parts/secret.js";
import { Answered } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Facts, Figures, grouped, Mark, Text, Time } from "../parts/values.js";
import { href } from "../route.js";
import { useMayChange } from "../session.js";
import { useState } from "../vendor/hooks.js";
import { answerInWords, typeInWords } from "../words.js";
import { Deliveries } from "./deliveries.js";
import { Actions } from "./endpoint-actions.js";
import { EndpointState, filterInWords, getsEverything, healthOf } from "./endpoints.js";

/** Shows an endpoint. */
export function Endpoint({ id, query }) {
  const endpoint = useAnswer(path("endpoints", id));
  const stats = useAnswer("/v1/stats", { every: 10_000 });
  const [result, setResult] = useState(/** @type {{ secret?: string, report?: any }} */ ({}));
  const [round, setRound] = useState(0);
  const mayChange = useMayChange();
  const { answer } = endpoint;
  const refresh = () => {
    endpoint.again();
    stats.again();
    setRound((round) => round + 1);
  };
  const actions =
    answer && mayChange && html`<${Actions} endpoint=${answer} ...${{ refresh, setResult }} />`;
  return html`<${Page} title=${answer?.description ?? "Endpoint"}
    label=${`Endpoint ${answer?.description ?? id}`}
      back=${[href(["endpoints"]), "Endpoints"]} actions=${actions}>
    <${Result} ...${result} close=${() => setResult({})} />
    <${Answered} of=${endpoint}>${(endpoint) => html`<${Detail} endpoint=${endpoint}
      health=${healthOf(stats.answer, id)} />`}<//>
    ${
      answer &&
      html`<${Section} id="deliveries" title="Deliveries">
        <${Deliveries} ...${{ id, query, round, refresh }} />
      <//>`
    }
  <//>`;
}

function Result({ secret, report, close }) {
  if (secret)
    return html`<${Secret} name="The new secret" secret=${secret} close=${close}>
      For 24 hours, each message is signed with the old one, too.
    <//>`;
  if (report) return html`<${Report} ...${{ report, close }} />`;
  return null;
}

function Report({ report: { tests_run: run, tests_succeeded: good, tests }, close }) {
  return html`<div class="secret" role="group" aria-label="Result of the test">
    <p><strong>${good} of ${run}</strong> ${run === 1 ? "test" : "tests"} succeeded.</p>
    <${Table} label="Tests" columns=${TESTS} rows=${tests} />
    <p><button onClick=${close}>Close</button></p>
  </div>`;
}

function Detail({ endpoint, health }) {
  const { url, format, filter, created_at: createdAt, updated_at: updatedAt } = endpoint;
  return html`
    ${
      endpoint.active &&
      getsEverything(filter) &&
      html`<p class="notice warn">It gets every event of every source, with the customers' data. If
        that is not what you
        want, <a href=${href(["endpoints", endpoint.id, "change"])}>choose what it gets</a>.</p>`
    }
    ${
      !endpoint.active &&
      html`<p class="notice warn">It gets nothing now, and its events are held. Enable it, and
        “Retry failed” sends them.</p>`
    }
    ${
      endpoint.active &&
      health?.held > 0 &&
      html`<p class="notice">“Retry failed” sends the events that are held.</p>`
    }
    ${health && html`<${Health} health=${health} />`}
    <${Facts} of=${[
      ["State", html`<${EndpointState} ...${{ endpoint, health }} />`],
      ["URL", url === null ? "sealed with a key that is missing" : html`<${Text} of=${url} />`],
      ["Format", format],
      ["Gets", filterInWords(filter)],
      ["Created", html`<${Time} at=${createdAt} always=${true} />`],
      ["Changed", html`<${Time} at=${updatedAt} always=${true} />`],
    ]} />
  `;
}

function Health({ health: { waiting, held, dead, oldest_waiting_at: oldest } }) {
  return html`<${Figures} label="Health" of=${[
    { name: "Waiting", value: grouped(waiting) },
    { name: "Held", value: grouped(held), tone: held > 0 ? "warn" : "" },
    { name: "Failed", value: grouped(dead), tone: dead > 0 ? "bad" : "" },
    { name: "Oldest waiting", value: html`<${Time} at=${oldest} />` },
  ]} />`;
}

const TESTS = [
  { title: "Type", kind: "main", cell: ({ type }) => typeInWords(type) },
  {
    title: "Result",
    cell: ({ succeeded }) =>
      succeeded ? html`<${Mark} tone="good">succeeded<//>` : html`<${Mark} tone="bad">failed<//>`,
  },
  { title: "Answer", cell: ({ status, note }) => answerInWords(status, note) },
  { title: "Time", kind: "number", cell: ({ ms }) => `${grouped(ms)} ms` },
  { title: "Text", kind: "wide", cell: ({ answer }) => html`<${Text} of=${answer} />` },
];
