// Messages that dispatch could not take.
import { asking, path, send } from "../api.js";
import { useAnswer, useList } from "../answers.js";
import { html } from "../html.js";
import { Asking, useWork, Wrong } from "../parts/dialog.js";
import { Choice } from "../parts/fields.js";
import { Page, Section } from "../parts/page.js";
import { Content } from "../parts/payload.js";
import { Answered } from "../parts/states.js";
import { List } from "../parts/table.js";
import { bytesInWords, Code, Facts, None, Text, Time } from "../parts/values.js";
import { go, href, replace } from "../route.js";
import { useMayChange } from "../session.js";
import { typeInWords } from "../words.js";

/** Shows the dead letters. */
export function DeadLetters({ query }) {
  const source = query.get("source") ?? "";
  const list = useList(asking("/v1/dead-letters", { source }), "dead_letters", {
    every: 15_000,
  });
  const { answer } = useAnswer("/v1/event-types");
  return html`<${Page} title="Dead letters">
    <p class="lead">A dead letter is a message that dispatch could not take: it is not an event, or
      its journal failed
    for 21 hours. Nothing is lost: mend the cause, and requeue it.</p>
    <form class="filters" aria-label="Filter dead letters"
      onSubmit=${(event) => event.preventDefault()}>
      <${Choice} id="source" label="Source" any="All" value=${source}
        choices=${answer?.sources ?? []}
        onChange=${(source) => replace(href(["dead-letters"], { source }))} />
    </form>
    <${List} list=${list} label="Dead letters" columns=${COLUMNS} keyOf=${({ id }) => id}
      empty=${EMPTY} />
  <//>`;
}

const EMPTY = {
  title: "No dead letter",
  children: html`<p>That is how it should be.</p>`,
};

const COLUMNS = [
  {
    title: "Since",
    kind: "main",
    cell: ({ id, since }) =>
      html`<a href=${href(["dead-letters", id])}><${Time} at=${since} always=${true} /></a>`,
  },
  { title: "Source", cell: ({ source }) => source ?? html`<span class="soft">not an event</span>` },
  {
    title: "Order",
    cell: ({ source, order }) =>
      source && order
        ? html`<a href=${href(["orders", source, order])}><${Text} of=${order} /></a>`
        : html`<${None} />`,
  },
  { title: "Type", cell: ({ type }) => (type ? typeInWords(type) : html`<${None} />`) },
  { title: "Attempts", kind: "number", cell: ({ attempts }) => attempts },
  { title: "Size", kind: "number", cell: ({ bytes }) => bytesInWords(bytes) },
];

/** Shows a dead letter with its content. */
export function DeadLetter({ id }) {
  const letter = useAnswer(path("dead-letters", id));
  const mayChange = useMayChange();
  const form = letter.answer?.dead_letter.form;
  const actions = mayChange && form && html`<${Actions} ...${{ id, form }} />`;
  return html`<${Page} title="Dead letter" back=${[href(["dead-letters"]), "Dead letters"]}
    actions=${actions}>
    <${Answered} of=${letter}>${(detail) => html`<${Detail} ...${detail} />`}<//>
  <//>`;
}

const FORMS = {
  json: "JSON",
  text: "text",
  base64: "bytes, shown in base64",
  other: "a description: the message itself is not known, so it cannot be requeued",
};

function Detail({
  dead_letter: { id, source, event_id: event, type, order, since, attempts, form, bytes },
  content,
}) {
  return html`
    <${Facts} of=${[
      ["Id", html`<${Code} of=${id} />`],
      ["Since", html`<${Time} at=${since} always=${true} />`],
      ["Source", source ?? "none: it is not an event"],
      event && ["Event", html`<${Code} of=${event} />`],
      type && ["Type", typeInWords(type)],
      order && ["Order", html`<${Text} of=${order} />`],
      ["Attempts", attempts],
      ["Form", FORMS[form] ?? form],
      ["Size", bytesInWords(bytes)],
    ]} />
    ${
      source === null &&
      html`<p class="notice warn">Dispatch takes only events. If you requeue this message, it comes
        back here.</p>`
    }
    <${Section} id="content" title="Content">
      <${Content} text=${content} label="Content of the dead letter" file="dead-letter.txt" />
    <//>
  `;
}

function Actions({ id, form }) {
  const address = path("dead-letters", id);
  const requeue = async () => {
    await send("POST", `${address}/requeue`);
    go(href(["dead-letters"]));
    return "The message is in the queue of events again.";
  };
  const remove = async () => {
    await send("DELETE", address);
    go(href(["dead-letters"]));
    return "The dead letter is deleted.";
  };
  const { problem, isBusy, run } = useWork(requeue);
  return html`
    ${
      form !== "other" &&
      html`<button class="primary" onClick=${run}
      disabled=${isBusy}>Requeue</button>`
    }
    <${Asking} label="Delete" tone="danger-quiet" title="Delete this dead letter?" verb="Delete"
      work=${remove}>
      <p>The message is deleted. If it is an event, the event is lost here.</p>
    <//>
    <${Wrong} problem=${problem} />
  `;
}
