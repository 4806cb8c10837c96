// The installed package, with nothing but Node and npm: imported, required, and as a command. It runs on Linux, macOS and
// Windows: see .ci/package.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { makeProject } from "../consumers/project.js";
import { corpus } from "../support/corpus.js";
import * as sign from "../support/sign.js";

let project;
before(() => {
  project = makeProject("installed");
  project.addCorpus();
  project.addPrograms("import.js", "require.cjs");
});
after(() => project?.remove());

/** Runs a command in the project. Returns its exit code and its output. */
function run(command, args, options) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: project.folder,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    ...options,
  });
  return { status, out: stdout, err: stderr };
}

const canRequire = process.features.require_module === true;

for (const program of ["import.js", ...(canRequire ? ["require.cjs"] : [])]) {
  test(`${program} answers the whole corpus as expected`, () => {
    const { status, out, err } = run(process.execPath, [program]);
    assert.equal(status, 0, err);
    const expected = corpus.map(({ expect }) => expect);
    assert.deepEqual(JSON.parse(out).answers, expected);
  });
}

test("an error that nobody catches is printed with little of the package's code", () => {
  const source =
    'import { Verifier } from "orderhook"; new Verifier({ provider: "wakilni", secrets: undefined });';
  project.write("unset.mjs", source);
  const { status, err } = run(process.execPath, ["unset.mjs"]);
  assert.equal(status, 1);
  assert.match(err, /^WebhookError: `secrets` is undefined: the variable it came from is not set/m);
  const longest = Math.max(...err.split("\n").map(({ length }) => length));
  assert.ok(longest < 400, `a line of ${longest} characters`);
});

const SECRET = "installed-secret-41d8cd98";
const BODY = '{"order":{"reference":"ORD-1","new_status":"delivered"}}';

/** The installed command. On Windows it is a script of npm's, which a shell starts. */
function orderhook(args, input) {
  const isWindows = process.platform === "win32";
  const name = isWindows ? "node_modules\\.bin\\orderhook.cmd" : "node_modules/.bin/orderhook";
  const env = { ...process.env, SECRET };
  const ran = run(name, args, { input, env, shell: isWindows });
  assert.ok(!`${ran.out}${ran.err}`.includes(SECRET), "the secret is printed");
  return ran;
}

const ACCOUNT = ["--provider", "wegocod", "--secret-env", "SECRET"];

/** Makes a captured delivery of this body, signed over another if that is given. */
function delivery(body, signed = body) {
  const [[name, tag]] = Object.entries(sign.wegocod(SECRET, signed));
  return `POST /hooks/wegocod HTTP/1.1\r\nhost: example.com\r\n${name}: ${tag}\r\n\r\n${body}`;
}

test("the command verifies", () => {
  const { status, out, err } = orderhook(["verify", "-", ...ACCOUNT, "--json"], delivery(BODY));
  assert.deepEqual([status, err], [0, ""]);
  assert.equal(JSON.parse(out).authenticity, "body_signed");
});

test("the command refuses a delivery that was signed over another body", () => {
  const { status, out } = orderhook(["verify", "-", ...ACCOUNT, "--json"], delivery(BODY, "{}"));
  assert.equal(status, 1);
  assert.equal(JSON.parse(out).code, "signature_mismatch");
});

test("a delivery that the command signs verifies", () => {
  const signed = orderhook(["sign", "--body", "-", ...ACCOUNT, "--http"], BODY);
  assert.deepEqual([signed.status, signed.err], [0, ""]);
  const { status, err } = orderhook(["verify", "-", ...ACCOUNT], signed.out);
  assert.deepEqual([status, err], [0, ""]);
});

test("the command says why a delivery does not verify", () => {
  const { status, out } = orderhook(["explain", "-", ...ACCOUNT], delivery(`${BODY}\n`, BODY));
  assert.equal(status, 1);
  assert.match(out, /newline|line break/i);
});

test("the command lists the providers", () => {
  const { status, out } = orderhook(["providers"]);
  assert.equal(status, 0);
  for (const name of new Set(corpus.map(({ provider }) => provider)))
    assert.ok(out.includes(name), name);
});
