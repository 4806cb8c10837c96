// What a view shows when it has nothing to show yet, or cannot show it.
import { html } from "../html.js";
import { href } from "../route.js";
import { Page } from "./page.js";

/** Says that something is loaded. */
export function Loading() {
  return html`<p class="state" aria-busy="true">Loading …</p>`;
}

/** Says that there is nothing, and what would be here. */
export function Empty({ title, children }) {
  return html`<div class="state">
    <p class="state-title">${title}</p>
    ${children}
  </div>`;
}

/** What to do about a problem, by its code. */
const ADVICE = {
  order_not_found: "It was erased, or its events are no longer kept.",
  journal_unavailable: "It is usually over in a moment.",
  source_required: "There are too many journals: choose a source.",
  seal_key_missing: "Set DISPATCH_SEAL_KEY, as docs/endpoints.md says, and start dispatch again.",
};

const adviceOn = (code) =>
  ADVICE[code] ?? (code?.endsWith("_not_found") && "It was deleted, or the address is wrong.");

/** Shows a problem, and a way to try again. */
export function Failure({ problem, again }) {
  return html`<div class="state failure" role="alert">
    <p class="state-title">${sentence(problem.message)}</p>
    <p>${adviceOn(problem.code)} <span class="soft">${problem.code}</span></p>
    ${again && html`<button onClick=${again}>Try again</button>`}
  </div>`;
}

/** Returns a text of dispatch's as a sentence. */
export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** Shows what an answer is: loading, failed, or what `children` makes of it. Where it `isSecond`, the view has said that it is old. */
export function Answered({ of: { answer, problem, again }, isSecond = false, children }) {
  if (answer !== undefined)
    return html`${problem && !isSecond && html`<${Stale} ...${{ problem, again }} />`}${children(answer)}`;
  return problem ? html`<${Failure} problem=${problem} again=${again} />` : html`<${Loading} />`;
}

function Stale({ problem, again }) {
  return html`<p class="notice warn" role="alert">
    These figures are old. ${sentence(problem.message)} <button class="link" onClick=${again}>Try
      again</button>
  </p>`;
}

/** Shows that an address has no view. */
export function Missing() {
  return html`<${Page} title="Nothing is here">
    <p>This address has no view. <a href=${href(["now"])}>See what comes in now</a>.</p>
  <//>`;
}
