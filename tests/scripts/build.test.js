// What scripts/build.js makes of wasm-bindgen's output.
import assert from "node:assert/strict";
import { test } from "node:test";
import { importedOnce } from "../../scripts/build.js";

const MADE = `import { seal } from "./post.js"
import * as import1 from "./host.js"
import * as import2 from "./host.js"
import * as import3 from "./post.js"
import * as import4 from "./post.js"

function imports() {
    return {
        __proto__: null,
        "./index_bg.js": import0,
        "./host.js": import1,
        "./host.js": import2,
        "./post.js": import3,
        "./post.js": import4,
    };
}
`;

const ONCE = `import { seal } from "./post.js"
import * as import1 from "./host.js"
import * as import3 from "./post.js"

function imports() {
    return {
        __proto__: null,
        "./index_bg.js": import0,
        "./host.js": import1,
        "./post.js": import3,
    };
}
`;

test("a module that wasm-bindgen imports several times is imported once", () => {
  assert.equal(importedOnce(MADE), ONCE);
  assert.equal(importedOnce(ONCE), ONCE);
});
