// The head of a view: its title, which is the document's too and takes the focus, its way back, and its actions.
import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";

/** Whether the focus is where the browser put it: on the first page it stays there. */
let isFirst = true;

/** Shows a view under a heading. `back` is an address and its name. */
export function Page({ title, label = title, back, actions, children }) {
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  useEffect(() => {
    document.title = `${label} · orderhook`;
  }, [label]);
  useEffect(() => {
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, []);
  return html`<div class="page">
    ${back && html`<p class="back"><a href=${back[0]}>${back[1]}</a></p>`}
    <div class="page-head">
      <h1 ref=${heading} tabindex="-1"><bdi>${title}</bdi></h1>
      ${actions && html`<div class="actions">${actions}</div>`}
    </div>
    ${children}
  </div>`;
}

/** Shows a part of a view under a heading of its own. */
export function Section({ title, actions, children, id }) {
  return html`<section aria-labelledby=${id}>
    <div class="section-head">
      <h2 id=${id}>${title}</h2>
      ${actions && html`<div class="actions">${actions}</div>`}
    </div>
    ${children}
  </section>`;
}
