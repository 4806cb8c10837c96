// Binds htm to Preact: the page is written in tagged templates, which need no build.
import htm from "./vendor/htm.js";
import { h } from "./vendor/preact.js";

// htm's own types are those of its CommonJS file.
export const html = /** @type {any} */ (htm).bind(h);
