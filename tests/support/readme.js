// The examples in README.md.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** Returns the fenced block under the comment `<!-- name -->`. */
export function block(name) {
  const [, indent, content] =
    README.match(new RegExp(`^( *)<!-- ${name} -->\\n *\`\`\`\\w*\\n(.*?)^ *\`\`\``, "ms")) ?? [];
  assert.ok(content, `README.md has no block "${name}"`);
  return content.replaceAll(new RegExp(`^${indent}`, "gm"), "");
}

/** Returns the value of a block of JSON. */
export const json = (name) => JSON.parse(block(name));
