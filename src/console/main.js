// Starts the page.
import { html } from "./html.js";
import { begin } from "./session.js";
import { Shell } from "./shell.js";
import { render } from "./vendor/preact.js";

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
app.replaceChildren();
render(html`<${Shell} />`, app);
void begin();
