// The body of a delivery: text alone, in part where it is long, and whole as a download.
import { html } from "../html.js";
import { useState } from "../vendor/hooks.js";
import { bytesInWords } from "./values.js";

/** How many characters are shown: more would make the page slow. */
const SHOWN = 20_000;

/** Shows a text as it came. A JSON text of moderate size is indented. */
export function Content({ text, label, file = "payload.txt" }) {
  const shown = indented(text);
  const isCut = shown.length > SHOWN;
  return html`<div class="content">
    ${
      isCut &&
      html`<p
        class="notice">Only the first ${bytesInWords(SHOWN)} of ${bytesInWords(new Blob([text]).size)} are shown.</p>`
    }
    <pre tabindex="0" role="region" aria-label=${label}
      dir="auto"><bdi>${isCut ? shown.slice(0, SHOWN) : shown}</bdi></pre>
    <p><${Download} text=${text} file=${file} /></p>
  </div>`;
}

/** Returns a JSON text with indents, and any other text as it is. */
function indented(text) {
  if (text.length > 200_000) return text;
  try {
    const lines = JSON.stringify(JSON.parse(text), null, 2);
    // Digits that JavaScript cannot hold would be lost: the text is then shown as it came.
    return dense(lines) === dense(text) ? lines : text;
  } catch {
    return text;
  }
}

const dense = (text) => text.replaceAll(/\s+/g, "");

function Download({ text, file }) {
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
    link.download = file;
    link.click();
    // The browser may still be about to read it.
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return html`<button class="small" onClick=${save}>Download</button>`;
}

/** Shows the payload of an event once it is asked for. */
export function Payload({ data }) {
  const [isShown, setShown] = useState(false);
  const { payload, payload_base64: base64, payload_ref: reference } = data;
  if (reference)
    return html`<p>The body is large: it is kept apart, as <code>${reference}</code>,
      for 28 days.</p>`;
  const text = payload ?? base64;
  if (text === undefined) return html`<p class="soft">The event has no payload.</p>`;
  if (!isShown)
    return html`<p><button class="small" onClick=${() => setShown(true)}>Show the payload</button>
      <span class="soft"> ${bytesInWords(new Blob([text]).size)}, with the customer's
        data</span></p>`;
  return html`${base64 !== undefined && html`<p>The body is not UTF-8: it is shown in base64.</p>`}
    <${Content} text=${text} label="Payload" />`;
}
