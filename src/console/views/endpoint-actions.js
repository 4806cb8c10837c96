// What can be done with an endpoint. What cannot be undone, or sends much, asks first.
import { path, send } from "../api.js";
import { announce } from "../announce.js";
import { html } from "../html.js";
import { Asking, useWork, Wrong } from "../parts/dialog.js";
import { momentOf, TextField } from "../parts/fields.js";
import { counted } from "../parts/values.js";
import { go, href } from "../route.js";
import { useRef, useState } from "../vendor/hooks.js";

/**
 * Shows the actions of an endpoint. A replay is refused while the endpoint gets nothing. `setResult`
 * takes a secret or a report to show.
 */
export function Actions({ endpoint: { id, active, format }, refresh, setResult }) {
  const base = path("endpoints", id);
  return html`
    <${Test} ...${{ base, setResult }} />
    ${active && html`<${Replay} ...${{ base, refresh }} />`}
    ${active && html`<${RetryFailed} ...${{ base, refresh }} />`}
    <${Switch} ...${{ base, active, refresh }} />
    ${format !== "slack" && html`<${Rotate} ...${{ base, setResult }} />`}
    <a class="button" href=${href(["endpoints", id, "change"])}>Change</a>
    <${Delete} base=${base} />
  `;
}

function Test({ base, setResult }) {
  const test = async () => {
    const { json } = await send("POST", `${base}/tests`, {}, { once: true });
    setResult({ report: json });
    return `${json.tests_succeeded} of ${counted(json.tests_run, "test")} succeeded.`;
  };
  const { problem, isBusy, run } = useWork(test);
  return html`<button class="primary" onClick=${run}
    disabled=${isBusy}>${isBusy ? "Testing …" : "Send a test"}</button>
    <${Wrong} problem=${problem} />`;
}

function Switch({ base, active, refresh }) {
  const change = async () => {
    await send("PATCH", base, { active: !active });
    refresh();
    return active ? "The endpoint is paused." : "The endpoint is active.";
  };
  const { problem, isBusy, run } = useWork(change);
  if (active)
    return html`<${Asking} label="Pause" title="Pause this endpoint?" verb="Pause"
      isDangerous=${false} work=${change}>
      <p>Its events are held. Once you enable it again, “Retry failed” sends them.</p>
    <//>`;
  return html`<button onClick=${run} disabled=${isBusy}>Enable</button><${Wrong}
    problem=${problem} />`;
}

function Rotate({ base, setResult }) {
  const rotate = async () => {
    const { json } = await send("POST", `${base}/secret/rotate`, undefined, { once: true });
    setResult({ secret: json.secret });
    return "The endpoint has a new secret.";
  };
  return html`<${Asking} label="Rotate secret" title="Make a new secret?" verb="Rotate"
    isDangerous=${false} work=${rotate}>
    <p>The new secret is shown once. For 24 hours, each message is signed with the old one, too: put
      the new one
    into your server within that time.</p>
  <//>`;
}

function Delete({ base }) {
  const remove = async () => {
    await send("DELETE", base);
    go(href(["endpoints"]));
    return "The endpoint is deleted.";
  };
  return html`<${Asking} label="Delete" tone="danger-quiet" title="Delete this endpoint?"
    verb="Delete" work=${remove}>
    <p>Its secret and its deliveries are deleted, with those that wait. The events are kept.</p>
  <//>`;
}

/** Sends a replay until it is complete, and returns how many deliveries were begun. */
async function replayed(base, body) {
  let sum = 0;
  for (let cursor; ; ) {
    const asked = { ...body, ...(cursor && { cursor }) };
    const { json } = await send("POST", `${base}/replay`, asked, { once: true });
    sum += json.deliveries;
    if (json.complete) return sum;
    cursor = json.cursor;
    announce(`${sum} deliveries so far.`);
  }
}

/**
 * Returns a range of a replay, without the ends that were left open.
 *
 * @param {Record<string, string>} ends
 */
const range = ({ since, until }) => ({
  ...(since && { since: momentOf(since) }),
  ...(until && { until: momentOf(until) }),
});

const begun = (count) => `${count} ${count === 1 ? "delivery begins" : "deliveries begin"}.`;

function Replay({ base, refresh }) {
  const { asked, fields } = useRange(["since", "until"]);
  const replay = async () => {
    const count = await replayed(base, range(asked.current));
    refresh();
    return begun(count);
  };
  return html`<${Asking} label="Replay" title="Send events again" verb="Replay" isDangerous=${false}
    work=${replay}>
    <p>Every event of this time that the endpoint's filter selects is sent, whether it was sent
      before or not. Without
    a time, every event that is kept.</p>
    ${fields}
  <//>`;
}

function RetryFailed({ base, refresh }) {
  const { asked, fields } = useRange(["since"]);
  const retry = async () => {
    const count = await replayed(base, { failed_only: true, ...range(asked.current) });
    refresh();
    return begun(count);
  };
  return html`<${Asking} label="Retry failed" title="Retry what failed or is held" verb="Retry"
    isDangerous=${false} work=${retry}>
    <p>Each delivery that failed or is held begins again, with ten new attempts. Without a time, all
      of them.</p>
    ${fields}
  <//>`;
}

const LABELS = { since: "Taken since", until: "Taken before" };

/** Returns fields for the ends of a range, and what they hold. */
function useRange(names) {
  const [values, setValues] = useState(/** @type {Record<string, string>} */ ({}));
  const asked = useRef(values);
  asked.current = values;
  const fields = names.map(
    (name) => html`<${TextField}
      id=${`range-${name}`}
      label=${LABELS[name]}
      type="datetime-local"
      value=${values[name] ?? ""}
      onInput=${(value) => setValues({ ...values, [name]: value })}
    />`,
  );
  return { asked, fields };
}
