// One event, at an address of its own.
import { html } from "../html.js";
import { Page } from "../parts/page.js";
import { href } from "../route.js";
import { EventDetail } from "./event-detail.js";

/** Shows an event. */
export function EventPage({ source, id }) {
  return html`<${Page} title="Event" label=${`Event ${id}`} back=${[href(["now"]), "Now"]}>
    <p><bdi><code>${id}</code></bdi> of <a href=${href(["sources", source])}>${source}</a></p>
    <${EventDetail} ...${{ source, id }} heading="h2" />
  <//>`;
}
