// The frame around every view: who is signed in, the way to each view, and the live region.
import { announce, useAnnouncement } from "./announce.js";
import { html } from "./html.js";
import { Loading, sentence } from "./parts/states.js";
import { href, route } from "./route.js";
import { session, signOut } from "./session.js";
import { useEffect, useState } from "./vendor/hooks.js";
import { SignIn } from "./views/sign-in.js";
import { viewOf } from "./views.js";

/** The way to each view, in groups. */
const WAYS = [
  [
    ["now", "Now"],
    ["orders", "Orders"],
    ["charts", "Charts"],
  ],
  [
    ["sources", "Sources"],
    ["endpoints", "Endpoints"],
    ["dead-letters", "Dead letters"],
  ],
  [
    ["explain", "Explain"],
    ["tokens", "Tokens"],
    ["audit", "Audit"],
  ],
];

/** Shows the page. */
export function Shell() {
  const { state } = session.use();
  return html`<${LiveRegion} />${state === "in" ? html`<${SignedIn} />` : html`<${Outside} />`}`;
}

function LiveRegion() {
  const said = useAnnouncement();
  return html`<div class="said" role="status" aria-live="polite">
    ${said && html`<p key=${said}>${said}</p>`}
  </div>`;
}

function Outside() {
  const { state, reason } = session.use();
  return html`<main id="main" class="outside">
    ${state === "unknown" ? html`<${Loading} />` : html`<${SignIn} reason=${reason} />`}
  </main>`;
}

function SignedIn() {
  const { parts, query } = route.use();
  const [section = "now"] = parts;
  const { View, key, ...given } = viewOf(parts);
  return html`
    <${Header} section=${section} />
    <main id="main" tabindex="-1">
      <${View} key=${key} query=${query} ...${given} />
    </main>
  `;
}

const skip = () => document.querySelector("h1")?.focus();

function Header({ section }) {
  const [isOpen, setOpen] = useState(false);
  const { parts } = route.use();
  useEffect(() => setOpen(false), [parts]);
  return html`<header class="side">
    <button class="skip" onClick=${skip}>Skip to the content</button>
    <a class="brand" href=${href(["now"])}><img src="icon.svg" alt="" width="22" height="22" />
      orderhook</a>
    <button class="menu" aria-expanded=${isOpen} aria-controls="ways"
      onClick=${() => setOpen(!isOpen)}>
      Menu
    </button>
    <div id="ways" class=${isOpen ? "ways open" : "ways"}>
      <nav aria-label="Views">
        ${WAYS.map(
          (group) => html`<ul>
            ${group.map(([name, title]) => html`<${Way} ...${{ name, title, section }} />`)}
          </ul>`,
        )}
      </nav>
      <${Account} />
    </div>
  </header>`;
}

/** The views that belong to a section under another name. */
const SECTIONS = { events: "orders", deliveries: "endpoints" };

function Way({ name, title, section }) {
  const isHere = (SECTIONS[section] ?? section) === name;
  return html`<li><a href=${href([name])}
    aria-current=${isHere ? "page" : undefined}>${title}</a></li>`;
}

function Account() {
  const { name, access } = session.use();
  const leave = () =>
    signOut().catch((problem) => announce(`Not signed out. ${sentence(problem.message)}`));
  return html`<div class="account">
    <p>Signed in as <bdi>${name}</bdi>${
      access === "read" &&
      html`<br /><span
      class="tag">read only</span>`
    }</p>
    <button class="quiet" onClick=${leave}>Sign out</button>
  </div>`;
}
