// Shows the set-up notes of the catalogue, which are written in a little Markdown, as elements of the page.
import { html } from "../html.js";

/** Shows a text in Markdown: paragraphs, lists, headings, code and links. Anything else stays text. */
export function Markdown({ text }) {
  return html`<div class="prose">${blocks(text).map(shown)}</div>`;
}

/** Divides a text into blocks: code, and what blank lines divide. */
function blocks(text) {
  const found = [];
  let lines = [];
  let isCode = false;
  const end = () => {
    if (lines.length > 0) found.push({ isCode, lines });
    lines = [];
  };
  for (const line of text.split("\n")) {
    const isFence = /^\s*```/.test(line);
    if (isFence || (line.trim() === "" && !isCode)) end();
    if (isFence) isCode = !isCode;
    else if (isCode || line.trim() !== "") lines.push(line);
  }
  end();
  return found;
}

function shown({ isCode, lines }) {
  if (isCode) return html`<pre tabindex="0"><code>${unindented(lines).join("\n")}</code></pre>`;
  const [, heading] = lines[0].match(/^#+ (.*)/) ?? [];
  if (heading) return html`<h3>${inline(heading)}</h3>`;
  const items = listOf(lines);
  if (items) return items;
  if (lines[0].startsWith("|")) return html`<pre tabindex="0">${lines.join("\n")}</pre>`;
  return html`<p>${inline(lines.map((line) => line.trim()).join(" "))}</p>`;
}

function unindented(lines) {
  const depth = Math.min(...lines.filter(Boolean).map((line) => line.search(/\S|$/)));
  return lines.map((line) => line.slice(depth));
}

/** Returns a list, if the block is one. Its numbers are kept: code may stand between two items. */
function listOf(lines) {
  const [, mark] = lines[0].match(/^\s*(\d+\.|[-*]) /) ?? [];
  if (mark === undefined) return undefined;
  const drawn = itemsOf(lines).map(
    ({ text, inner }) => html`<li>${inline(text)}${inner.length > 0 && listOf(inner)}</li>`,
  );
  return /^\d/.test(mark)
    ? html`<ol start=${Number.parseInt(mark, 10)}>${drawn}</ol>`
    : html`<ul>${drawn}</ul>`;
}

/** Returns the items of a list: each one's text, and the lines of a list within it. */
function itemsOf(lines) {
  const depth = lines[0].search(/\S/);
  const items = [];
  for (const line of lines) {
    const [, text] = line.match(/^\s*(?:\d+\.|[-*]) (.*)/) ?? [];
    const last = items.at(-1);
    if (text !== undefined && line.search(/\S/) <= depth) items.push({ text, inner: [] });
    else if (text !== undefined) last.inner.push(line);
    else if (last.inner.length > 0) last.inner.push(`${last.inner.pop()} ${line.trim()}`);
    else last.text += ` ${line.trim()}`;
  }
  return items;
}

/** Draws the code, the links and the stressed words of a line. */
function inline(text) {
  return text.split(/(`[^`]+`|\[[^\]]+\]\([^)]+\)|\*\*[^*]+\*\*)/).map((part) => {
    if (/^`.+`$/.test(part)) return html`<code>${part.slice(1, -1)}</code>`;
    if (/^\*\*.+\*\*$/.test(part)) return html`<strong>${part.slice(2, -2)}</strong>`;
    const [, name, address] = part.match(/^\[([^\]]+)\]\((https:\/\/[^)]+)\)$/) ?? [];
    return name
      ? html`<a href=${address} rel="noreferrer" target="_blank">${name}</a>`
      : part.replace(/^\[([^\]]+)\]\([^)]+\)$/, "$1");
  });
}
