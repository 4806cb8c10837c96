// The deliveries of an endpoint, filtered.
import { asking, path, send } from "../api.js";
import { useAnswer, useList } from "../answers.js";
import { html } from "../html.js";
import { useWork, Wrong } from "../parts/dialog.js";
import { Choice, localOf, momentOf, TextField } from "../parts/fields.js";
import { List } from "../parts/table.js";
import { DeliveryState, Status, Text, Time } from "../parts/values.js";
import { href, replace } from "../route.js";
import { useMayChange } from "../session.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { answerInWords, STATES, typeInWords } from "../words.js";

const EVERY_MS = 5_000;

const ASKED = ["state", "source", "type", "code", "since", "until"];

/** Shows the deliveries of an endpoint that the address asks for. Each `round` asks anew. */
export function Deliveries({ id, query, round, refresh }) {
  const filter = Object.fromEntries(query);
  const asked = Object.fromEntries(ASKED.map((name) => [name, filter[name]]));
  const list = useList(asking(path("endpoints", id, "deliveries"), asked), "deliveries", {
    every: EVERY_MS,
  });
  useEffect(() => {
    if (round > 0) list.again();
  }, [round]);
  const change = (changes) => replace(href(["endpoints", id], { ...filter, ...changes }));
  const mayChange = useMayChange();
  const columns = mayChange ? [...COLUMNS, retryColumn(refresh)] : COLUMNS;
  const isFiltered = Object.values(asked).some(Boolean);
  return html`<${Filters} ...${{ filter, change }} />
    <${List} ...${{ list, columns, keyOf }} label="Deliveries"
      empty=${isFiltered ? NO_MATCH : NONE_YET} />`;
}

const keyOf = ({ id }) => id;

const NO_MATCH = { title: "No delivery matches" };
const NONE_YET = {
  title: "No delivery yet",
  children: html`<p>The next event that the endpoint's filter selects is delivered here. Send a test
    to see whether
    your server answers; tests are not listed.</p>`,
};

function Filters({ filter, change }) {
  const { answer } = useAnswer("/v1/event-types");
  const set = (name) => (value) => change({ [name]: value });
  const states = Object.entries(STATES).map(([state, [word]]) => [state, word]);
  const types = (answer?.types ?? []).map((type) => [type, typeInWords(type)]);
  return html`<form class="filters" aria-label="Filter deliveries"
    onSubmit=${(event) => event.preventDefault()}>
    <${Choice} id="state" label="State" any="All" value=${filter.state} choices=${states}
      onChange=${set("state")} />
    <${Choice} id="source" label="Source" any="All" value=${filter.source}
      choices=${answer?.sources ?? []} onChange=${set("source")} />
    <${Choice} id="type" label="Type" any="All" value=${filter.type} choices=${types}
      onChange=${set("type")} />
    <${AnswerField} code=${filter.code ?? ""} onChange=${set("code")} />
    ${["since", "until"].map(
      (name) => html`<div class="field">
        <label for=${name}>${name === "since" ? "Taken since" : "Taken before"}</label>
        <input id=${name} type="datetime-local" value=${localOf(filter[name])}
          onChange=${(event) => change({ [name]: momentOf(event.target.value) })} />
      </div>`,
    )}
  </form>`;
}

/** What dispatch takes as an answer: a status, a class of them, or none. */
const ANSWER = "[1-9][0-9][0-9]|[1-9]xx|none";

/** Shows a field for the last answer, which counts once it is whole. */
function AnswerField({ code, onChange }) {
  const [text, setText] = useState(code);
  useEffect(() => setText(code), [code]);
  const take = (text) => {
    setText(text);
    if (text === "" || new RegExp(`^(?:${ANSWER})$`).test(text)) onChange(text);
  };
  return html`<${TextField}
    id="code" label="Last answer" pattern=${ANSWER} maxlength="4" placeholder="503, 5xx or none"
      value=${text} onInput=${take}
  />`;
}

const COLUMNS = [
  {
    title: "Delivery",
    kind: "main",
    cell: ({ id, taken_at: at }) =>
      html`<a href=${href(["deliveries", id])}><${Time} at=${at} /></a>`,
  },
  {
    title: "Order",
    cell: ({ source, order_id: order }) =>
      order === null
        ? html`<span class="soft">none</span>`
        : html`<a href=${href(["orders", source, order])}><${Text} of=${order} /></a>`,
  },
  { title: "Source", kind: "word", cell: ({ source }) => source },
  { title: "Event", cell: ({ order_status: status }) => html`<${Status} status=${status} />` },
  { title: "State", cell: (delivery) => html`<${DeliveryState} ...${delivery} />` },
  { title: "Attempts", kind: "number", cell: ({ attempts }) => attempts },
  {
    title: "Last answer",
    cell: ({ last_status: status, last_note: note }) => answerInWords(status, note),
  },
  { title: "Next attempt", cell: ({ next_at: at }) => html`<${Time} at=${at} />` },
];

const retryColumn = (refresh) => ({
  title: "Action",
  kind: "act",
  cell: ({ id, state }) =>
    state !== "leased" && html`<${Retry} ...${{ id, refresh, label: retryVerb(state) }} />`,
});

/** Returns what a retry of a delivery in a state is called. */
export const retryVerb = (state) => (state === "done" ? "Send again" : "Retry");

/** Shows a button that begins a delivery again. */
export function Retry({ id, refresh, label }) {
  const retry = async () => {
    await send("POST", `${path("deliveries", id)}/retry`);
    refresh();
    return "The delivery begins again.";
  };
  const { problem, isBusy, run } = useWork(retry);
  return html`<button class="small" onClick=${run} disabled=${isBusy}>${label}</button><${Wrong}
    problem=${problem} />`;
}
