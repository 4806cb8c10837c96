// Deliveries, refusals, latency and retries over time.
import { asking } from "../api.js";
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Chart } from "../parts/chart.js";
import { Choice } from "../parts/fields.js";
import { Page, Section } from "../parts/page.js";
import { Answered, Empty } from "../parts/states.js";
import { href, replace } from "../route.js";
import { answersOver, attemptsOver, latencyOver, refusalsOver, timesOf } from "../series.js";

const SPANS = [
  ["day", "24 hours"],
  ["week", "7 days"],
];

/** Shows the charts of a span, of one source or of all. */
export function Charts({ query }) {
  const span = query.get("span") === "week" ? "week" : "day";
  const source = query.get("source") ?? "";
  const change = (changes) => replace(href(["charts"], { span, source, ...changes }));
  const history = useAnswer(asking("/v1/stats/history", { span, source }), { every: 60_000 });
  const { answer } = useAnswer("/v1/event-types");
  return html`<${Page} title="Charts">
    <form class="filters" aria-label="Choose what the charts show"
      onSubmit=${(event) => event.preventDefault()}>
      <${Choice} id="span" label="Time" value=${span} choices=${SPANS}
        onChange=${(span) => change({ span })} />
      <${Choice} id="source" label="Source" any="All" value=${source}
        choices=${answer?.sources ?? []}
        onChange=${(source) => change({ source })} />
    </form>
    <${Answered} of=${history}>${(answer) => html`<${All} history=${answer} />`}<//>
  <//>`;
}

function All({ history }) {
  if (history.answers.length === 0 && history.attempts.length === 0)
    return html`<${Empty} title="Nothing happened in this time">
      <p>The receiver reports its answers within ten seconds, and they appear here within a
        minute.</p>
    <//>`;
  const times = timesOf(history);
  const week = history.step_seconds > 3600;
  return html`<div class="charts">
    <${One} id="deliveries" title="Deliveries to the receiver" ...${{ times, week }}
      series=${answersOver(history, times)} />
    <${One} id="refusals" title="Refused and failed, by code" ...${{ times, week }}
      series=${refusalsOver(history, times)} />
    <${One} id="latency" title="Latency of the receiver (ms)" unit="ms" ...${{ times, week }}
      series=${latencyOver(history, times)} />
    <${One} id="attempts" title="Attempts to endpoints" ...${{ times, week }}
      series=${attemptsOver(history, times)} />
  </div>`;
}

function One({ id, title, times, series, unit, week }) {
  return html`<${Section} ...${{ id, title }}>
    ${
      series.length > 0
        ? html`<${Chart} ...${{ title, times, series, unit, week }} />`
        : html`<p class="state">None in this time.</p>`
    }
  <//>`;
}
