// Creates or changes an endpoint.
import { path, send } from "../api.js";
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { useWork, Wrong } from "../parts/dialog.js";
import { Choice, Choices, TextField } from "../parts/fields.js";
import { Page } from "../parts/page.js";
import { Secret } from "../parts/secret.js";
import { Answered } from "../parts/states.js";
import { go, href } from "../route.js";
import { useMayChange } from "../session.js";
import { useState } from "../vendor/hooks.js";
import { FORMATS, plain, typeInWords, VERDICTS } from "../words.js";
import { filterInWords, getsEverything } from "./endpoints.js";

const BACK = [href(["endpoints"]), "Endpoints"];
const EMPTY = { url: "", format: "cloudevents", filter: {}, description: null };

/** Shows the form for a new endpoint, and then its secret. */
export function NewEndpoint() {
  const [made, setMade] = useState(/** @type {any} */ (undefined));
  const create = async ({ url, format, filter, description }) => {
    const body = { url, format, filter, description };
    const { json } = await send("POST", "/v1/endpoints", body, { once: true });
    setMade(json);
    return "The endpoint is created.";
  };
  return html`<${Page} title=${made ? "The endpoint is created" : "Create an endpoint"}
    back=${BACK}>
    ${
      made
        ? html`<${Made} endpoint=${made} />`
        : html`<${Form} endpoint=${EMPTY} verb="Create"
      save=${create} isNew=${true} />`
    }
  <//>`;
}

function Made({ endpoint: { id, secret } }) {
  return html`
    ${
      secret &&
      html`<${Secret} name="The endpoint's secret" secret=${secret}>
        Your server verifies messages with it. Put it there now.
      <//>`
    }
    <p>Next: <a href=${href(["endpoints", id])}>send it a test</a>. It gets the events that come
      from now on; a
    replay sends earlier ones.</p>
    <p><a class="button primary" href=${href(["endpoints", id])}>Open the endpoint</a></p>
  `;
}

/** Shows the form that changes an endpoint. */
export function ChangeEndpoint({ id }) {
  const endpoint = useAnswer(path("endpoints", id));
  const [secret, setSecret] = useState(/** @type {string | undefined} */ (undefined));
  const back = [href(["endpoints", id]), "The endpoint"];
  const change = async ({ url, filter, description }) => {
    const isMoved = url !== endpoint.answer.url;
    const body = { filter, description, ...(isMoved && { url }) };
    const { json } = await send("PATCH", path("endpoints", id), body);
    if (json.secret) setSecret(json.secret);
    else go(back[0]);
    return "The endpoint is changed.";
  };
  return html`<${Page} title="Change the endpoint" back=${back}>
    ${
      secret
        ? html`<${Secret} name="The endpoint's new secret" secret=${secret}
          close=${() => go(back[0])} />`
        : html`<${Answered} of=${endpoint}>${(answer) => html`<${Form} endpoint=${answer}
          verb="Save" save=${change} />`}<//>`
    }
  <//>`;
}

function Form({ endpoint, verb, save, isNew = false }) {
  const [draft, setDraft] = useState(endpoint);
  const set = (name) => (value) => setDraft((before) => ({ ...before, [name]: value }));
  const { problem, isBusy, run } = useWork(() => save(draft));
  const mayChange = useMayChange();
  if (!mayChange) return html`<p class="notice">Your token may only read.</p>`;
  return html`<form class="stack" onSubmit=${run}>
    <${TextField}
      id="url" label="URL" type="url" required=${true} maxlength="2048" value=${draft.url ?? ""}
        onInput=${set("url")}
      hint=${URL_HINT}
    />
    <${TextField}
      id="description" label="Description" maxlength="200" value=${draft.description ?? ""}
      onInput=${(text) => set("description")(text === "" ? null : text)}
        hint="A name for people. It may be empty."
    />
    ${
      isNew &&
      html`<${Choice} id="format" label="Format" value=${draft.format}
        choices=${Object.entries(FORMATS)} onChange=${set("format")} />`
    }
    <${Filter} filter=${draft.filter} onChange=${set("filter")} />
    <${Wrong} problem=${problem} />
    <p><button type="submit" class="primary"
      disabled=${isBusy}>${isBusy ? "Working …" : verb}</button></p>
  </form>`;
}

const URL_HINT = html`An https URL of a public host. For a server on your own machine, add the
  line <code>LOCAL_ENDPOINTS=127.0.0.1:9000</code> to the file <code>.dev.vars</code>, with the host
  and the port of your server, and run <code>npm start</code> again.`;

const TESTS = [
  ["false", "No tests"],
  ["true", "Only tests"],
];

/** Shows the fields of a filter. */
export function Filter({ filter, onChange }) {
  const words = useAnswer("/v1/event-types");
  const set = (name) => (value) => onChange({ ...filter, [name]: value });
  const list = (name, legend, choices, say = plain) =>
    html`<${Choices} legend=${legend} values=${filter[name] ?? []}
      choices=${choices.map((word) => [word, say(word)])} onChange=${set(name)} />`;
  return html`<${Answered} of=${words}>${({ sources, types, phases, statuses, verdicts }) => html`
    <div class="filter-fields" role="group" aria-labelledby="filter-title">
      <h2 id="filter-title">Which events</h2>
      <p class="hint">It gets an event that matches each list. A list without a choice matches every
        event.</p>
      ${list("sources", "Sources", together(sources, filter.sources), (source) => source)}
      ${list("phases", "Phases", phases)}
      <${Choice}
        id="tests" label="Tests" any="With tests"
          value=${filter.test == null ? "" : String(filter.test)} choices=${TESTS}
        onChange=${(value) => set("test")(value === "" ? null : value === "true")}
      />
      <details
        open=${filter.statuses?.length > 0 || filter.types?.length > 0 || filter.verdicts?.length > 0}>
        <summary>Statuses, types and verdicts</summary>
        ${list("statuses", "Statuses", statuses)}
        ${list("types", "Types", types, typeInWords)}
        ${list("verdicts", "Verdicts", verdicts, verdictInWords)}
      </details>
      <p class=${getsEverything(filter) ? "notice warn" : "notice"} role="status">
        It gets ${filterInWords(filter)}.
      </p>
    </div>`}<//>`;
}

const verdictInWords = (word) => `${plain(word)}: ${VERDICTS[word]}`;

/** Returns both lists as one: a filter may name a source that has had no event. */
const together = (sources, chosen = []) => [...new Set([...sources, ...chosen])].sort();
