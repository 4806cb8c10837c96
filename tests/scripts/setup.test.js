// The set-up: Rust tools from lock files, wasm-bindgen's commands at the version of its crate, and npm's install scripts.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { capture } from "../../scripts/lib/command.js";
import { inRoot } from "../../scripts/setup.js";
import { makeFolder, removeFolders, withCommands } from "./project.js";

after(removeFolders);

const TOOL_LOCK = "tools/wasm-bindgen/Cargo.lock";
const COPIED = [
  "scripts/setup.js",
  "scripts/lib/command.js",
  "rust-toolchain.toml",
  "Cargo.lock",
  TOOL_LOCK,
];

/** Has `cargo install` fail unless a lock file is to be used. */
const COMMANDS = {
  cc: {},
  cargo: { status: 1, stderr: "not locked" },
  "cargo install --locked": {},
  rustup: {},
  "rustup component list": { stdout: "clippy\nrustfmt\nrust-std-wasm32-unknown-unknown\n" },
};

/** Makes a project with a `wasm-bindgen` of the right version, but without the other Rust tools. */
function makeRoot() {
  const folder = makeFolder();
  const write = (path, text, options) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, options);
  };
  for (const path of COPIED) write(path, readFileSync(inRoot(path)));
  write("package.json", '{"type":"module"}');
  for (const path of ["package-lock.json", "node_modules/.package-lock.json"])
    write(path, '{"packages":{}}');
  write(".tools/bin/wasm-bindgen", `#!/bin/sh\necho wasm-bindgen ${version}\n`, { mode: 0o755 });
  return { folder, write };
}

const setUp = ({ folder }, commands = {}) =>
  capture(process.execPath, ["scripts/setup.js"], {
    cwd: folder,
    env: withCommands({ ...COMMANDS, ...commands }),
  });

const toolLock = readFileSync(inRoot(TOOL_LOCK), "utf8");
const [pinned, version] = toolLock.match(/name = "wasm-bindgen-cli"\nversion = "(.+)"/);

test("set-up stops if wasm-bindgen's commands are not of the crate's version", async () => {
  const root = makeRoot();
  root.write(TOOL_LOCK, toolLock.replace(pinned, pinned.replace(version, "0.0.1")));
  const { status, stdout, stderr } = await setUp(root);
  assert.equal(status, 1);
  assert.match(
    stderr,
    new RegExp(
      `Cargo.lock has wasm-bindgen ${version}, but ${TOOL_LOCK} has wasm-bindgen-cli 0.0.1`,
    ),
  );
  assert.equal(stdout, "", "nothing was installed");
});

test("wasm-bindgen's commands are built again when their lock file has changed, and not otherwise", async () => {
  const root = makeRoot();
  const first = await setUp(root);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /Compiling wasm-bindgen /, "it is not known what it was built from");
  assert.doesNotMatch((await setUp(root)).stdout, /Compiling wasm-bindgen /);
  root.write(TOOL_LOCK, `${toolLock}\n# changed\n`);
  assert.match((await setUp(root)).stdout, /Compiling wasm-bindgen /);
});

test("npm runs no install script where package.json allows none", async () => {
  const refused = { status: 1, stderr: "not these arguments" };
  const cases = [
    [{ a: false }, { "npm ci": refused, "npm ci --ignore-scripts": {} }],
    [
      { a: false, b: true },
      { "npm ci": {}, "npm ci --ignore-scripts": refused },
    ],
  ];
  for (const [allowScripts, commands] of cases) {
    const root = makeRoot();
    root.write("package.json", JSON.stringify({ type: "module", allowScripts }));
    root.write("package-lock.json", '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
    const { status, stderr } = await setUp(root, commands);
    assert.equal(status, 0, stderr);
  }
});
