// The examples in README.md and in docs/deploy.md.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const page = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

export const README = page("README.md");
export const DEPLOY = page("docs/deploy.md");

/** Returns the fenced block of a page under the comment `<!-- name -->`. */
export function block(name, text = README) {
  const [, indent, content] =
    text.match(new RegExp(`^( *)<!-- ${name} -->\\n *\`\`\`\\w*\\n(.*?)^ *\`\`\``, "ms")) ?? [];
  assert.ok(content, `there is no block "${name}"`);
  return content.replaceAll(new RegExp(`^${indent}`, "gm"), "");
}

/** Returns the value of a block of JSON. */
export const json = (name, text = README) => JSON.parse(block(name, text));
