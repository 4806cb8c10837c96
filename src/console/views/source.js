// One source: what is wrong, the address for the provider, how to set it up, and what it answered.
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Page, Section } from "../parts/page.js";
import { Copy } from "../parts/secret.js";
import { Answered } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Facts, grouped, Time } from "../parts/values.js";
import { useCatalogue } from "../providers.js";
import { href } from "../route.js";
import { Answers } from "./answer-table.js";
import { Readiness, Receiver } from "./sources.js";

/** Shows a source. */
export function Source({ name }) {
  const sources = useAnswer("/v1/sources", { every: 15_000 });
  return html`<${Page} title=${name} label=${`Source ${name}`}
    back=${[href(["sources"]), "Sources"]}>
    <${Answered} of=${sources}>${(answer) => {
      const source = answer.sources.find((source) => source.name === name);
      return source
        ? html`<${Detail} source=${source} receiver=${answer.receiver} />`
        : html`<p class="state">There is no source of this name. <a href=${href(["sources"])}>See
          those that
            are there</a>.</p>`;
    }}<//>
  <//>`;
}

function Detail({ source, receiver }) {
  const { provider, dedup, problems, warnings, deliveries, latencies, latest_at: at } = source;
  return html`
    <${Facts} of=${[
      ["State", html`<${Readiness} source=${source} />`],
      ["Provider", provider ?? "not known"],
      dedup && ["Copies", dedup === "strict" ? "always dropped" : "nearly always dropped"],
      ["Latest event", html`<${Time} at=${at} always=${true} />`],
      ["Events", html`<a href=${href(["now"], { source: source.name })}>see what comes in</a>`],
      ["Orders", html`<a href=${href(["orders"], { source: source.name })}>see its orders</a>`],
    ]} />
    ${receiver.error && html`<${Receiver} receiver=${receiver} />`}
    ${problems.map((text) => html`<p class="notice bad"><strong>Wrong:</strong> ${text}</p>`)}
    ${warnings.map((text) => html`<p class="notice warn"><strong>Warning:</strong> ${text}</p>`)}
    <${Address} source=${source} />
    <${Section} id="answers" title="Answers of the last 24 hours">
      <${Answers} deliveries=${deliveries} canMend=${true} />
      <p class="soft">${
        deliveries.length > 0 &&
        html`<a href=${href(["explain"], { provider })}>Explain</a> finds out why a delivery was
          refused. `
      }A delivery whose address or token is wrong is not counted here: the receiver's log has it,
        as <code>not_found</code>.</p>
    <//>
    ${
      latencies.some(({ count }) => count > 0) &&
      html`<${Section} id="latencies" title="How long answers took">
        <${Table} label="Latencies" isSmall=${true} columns=${LATENCIES}
          rows=${rangesOf(latencies)} />
      <//>`
    }
  `;
}

function Address({ source: { name, provider } }) {
  const address = `/hooks/${name}/‹token›`;
  const path = `/hooks/${name}`;
  return html`<${Section} id="address" title="The address for the provider">
    <p><code class="address">${address}</code> <${Copy} text=${path}
      what="the address without its token" /></p>
    <p>It follows the receiver's host: <code>http://localhost:8787</code> with <code>npm
      start</code>, and at
    Cloudflare the one that <code>npm run deploy</code> printed. <code>‹token›</code> is the
      source's secret for
    the address. A source without a <code>token</code> in <code>wrangler.toml</code> has the
    address <code>${path}</code>.</p>
    <${SetUp} provider=${provider} />
  <//>`;
}

function SetUp({ provider }) {
  const entry = useCatalogue(provider);
  if (!entry) return null;
  const { title, set_up: setUp, after_an_outage: outage } = entry;
  return html`
    <details>
      <summary>How to set up ${title}</summary>
      <p class="text">${setUp}</p>
    </details>
    <details>
      <summary>After an outage</summary>
      <p class="text">${outage}</p>
    </details>
  `;
}

/** Returns the buckets that have counts, each with its range. */
const rangesOf = (latencies) =>
  latencies
    .map(({ up_to_ms: most, count }, at) => ({
      range: [latencies[at - 1]?.up_to_ms ?? 0, most ?? "…"].join(" – "),
      count,
    }))
    .filter(({ count }) => count > 0);

const LATENCIES = [
  { title: "Milliseconds", kind: "main", cell: ({ range }) => range },
  { title: "Answers", kind: "number", cell: ({ count }) => grouped(count) },
];
