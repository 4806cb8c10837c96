// Circles between Rust files are found.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { circlesIn } from "../../scripts/structure.js";
import { makeFolder, removeFolders } from "./project.js";

after(removeFolders);

/** Makes a crate of these files, and returns its folder. */
function crate(files) {
  const folder = makeFolder();
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), source);
  }
  return folder;
}

const LIB = "mod order;\nmod event;\npub use event::Event;\n";

test("two files that use each other are a circle", () => {
  const folder = crate({
    "lib.rs": LIB,
    "order.rs": "use crate::event::Event;\n",
    "event/mod.rs": "use super::order::{Line, Order};\n",
  });
  assert.deepEqual(circlesIn(folder), ["event ↔ order"]);
});

test("a name that the crate re-exports leads to its file", () => {
  const folder = crate({
    "lib.rs": LIB,
    "order.rs": "use crate::Event;\n",
    "event.rs": "use crate::order::Order;\n",
  });
  assert.deepEqual(circlesIn(folder), ["event ↔ order"]);
});

test("one direction is not a circle, and tests do not count", () => {
  const folder = crate({
    "lib.rs": LIB,
    "order.rs": "use crate::Event;\n",
    "event.rs": "pub struct Event;\n\n#[cfg(test)]\nmod tests {\nuse crate::order::Order;\n}\n",
  });
  assert.deepEqual(circlesIn(folder), []);
});
