// The examples in the project's pages. A comment above each names it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** Returns the text of a page, by its path in the project. */
export const page = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** Returns the fenced block of a page under the comment `<!-- name -->`. */
export function block(name, text) {
  const [, indent, content] =
    text.match(new RegExp(`^( *)<!-- ${name} -->\\n *\`\`\`\\w*\\n(.*?)^ *\`\`\``, "ms")) ?? [];
  assert.ok(content, `there is no block "${name}"`);
  return content.replaceAll(new RegExp(`^${indent}`, "gm"), "");
}

/** Returns the value of a block of JSON. */
export const json = (name, text) => JSON.parse(block(name, text));
