// A secret that is shown once.
import { announce } from "../announce.js";
import { html } from "../html.js";

/** Shows a secret with a way to copy it, until `close` is called. */
export function Secret({ name, secret, close, children }) {
  return html`<div class="secret" role="group" aria-label=${name}>
    <p><strong>${name}</strong> is shown only now. ${children}</p>
    <p><code>${secret}</code> <${Copy} text=${secret} what=${name} /></p>
    ${close && html`<p><button onClick=${close}>I have copied it</button></p>`}
  </div>`;
}

/** Shows a button that copies a text. */
export function Copy({ text, what }) {
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => announce(`${what} is copied.`),
      () => announce(`${what} could not be copied. Select it, and copy it yourself.`),
    );
  return html`<button class="small" onClick=${copy} aria-label=${`Copy ${what}`}>Copy</button>`;
}
