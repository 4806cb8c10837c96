// How single values look: a time, a status, an id, a number.
import { html } from "../html.js";
import { plain, RETRIED, STATES, toneOf, VERDICTS } from "../words.js";

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const WHOLE = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** Shows a moment in the reader's zone: the clock alone for a moment of today. A missing one is a dash. */
export function Time({ at, always = false }) {
  if (!at) return html`<${None} />`;
  const moment = new Date(at);
  const day = DAY.format(moment);
  const text = CLOCK.format(moment);
  const shown = !always && day === DAY.format(new Date()) ? text : `${day}, ${text}`;
  return html`<time datetime=${at} title=${WHOLE.format(moment)}>${shown}</time>`;
}

/** Shows that there is no value. */
export function None({ why = "none" }) {
  return html`<span class="soft" aria-label=${why} role="img">–</span>`;
}

/** Shows a text that somebody else wrote: as text alone, in a direction of its own. */
export function Text({ of: text }) {
  return text === null || text === undefined || text === ""
    ? html`<${None} />`
    : html`<bdi class="text">${text}</bdi>`;
}

/** Shows an id or a code, in letters of one width. */
export function Code({ of: text }) {
  return text === null || text === undefined
    ? html`<${None} />`
    : html`<bdi><code>${text}</code></bdi>`;
}

/** Shows a word with a mark in its tone. */
export function Mark({ tone = "calm", title, children }) {
  return html`<span class=${`mark ${tone}`} title=${title}>${children}</span>`;
}

/** Shows a status of an order. */
export function Status({ status, reason, isFinal }) {
  if (!status) return html`<${None} />`;
  return html`<${Mark} tone=${toneOf(status)}>
    ${plain(status)}${reason && `, ${plain(reason)}`}${
      isFinal &&
      html`<span
      class="soft"> · final</span>`
    }
  <//>`;
}

/** Shows what a verdict means. Most events are fresh, which needs no word. */
export function Verdict({ verdict }) {
  return verdict && verdict !== "fresh" && html`<span class="soft"> · ${VERDICTS[verdict]}</span>`;
}

/** Shows the state of a delivery. One that failed and is tried again stands out. */
export function DeliveryState({ state, attempts = 0 }) {
  const isRetried = state === "due" && attempts > 0;
  const known = isRetried ? RETRIED : STATES[state];
  const [word, tone, meaning] = known ?? [plain(state), "calm"];
  return html`<${Mark} tone=${tone} title=${meaning}>${word}<//>`;
}

const NUMBER = new Intl.NumberFormat("en");

/** Returns a number with its thousands apart. */
export const grouped = (number) => NUMBER.format(number);

/** Returns a number with its noun: `1 order`, `2 orders`. */
export const counted = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;

/** Returns a number of bytes, in KB or MB where that is shorter. */
export function bytesInWords(bytes) {
  if (bytes < 1000) return counted(bytes, "byte");
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Shows names and values, two by two. Entries that are false are left out. */
export function Facts({ of: entries }) {
  return html`<dl class="facts">
    ${entries.filter(Boolean).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

/** Shows the figures at the head of a view. */
export function Figures({ label, of: entries }) {
  return html`<dl class="figures" aria-label=${label}>
    ${entries.filter(Boolean).map(
      ({ name, value, tone, to }) => html`<div class=${tone}>
          <dt>${name}</dt>
          <dd>${to ? html`<a href=${to}>${value}</a>` : value}</dd>
        </div>`,
    )}
  </dl>`;
}
