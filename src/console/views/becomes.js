// The event that a delivery becomes.
import { html } from "../html.js";
import { Section } from "../parts/page.js";
import { Content } from "../parts/payload.js";

/** Shows the event that a delivery becomes. */
export function Becomes({ event, unread }) {
  return html`<${Section} id="event" title="The event that it becomes">
    ${unread && html`<p class="notice bad">${unread}</p>`}
    ${event === null && html`<p>None: it is a test, or says nothing of an order's state.</p>`}
    ${event && html`<${Content} text=${JSON.stringify(event)} label="Event" file="event.json" />`}
  <//>`;
}
