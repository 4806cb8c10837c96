// The audit of the lock files: results that pass, results that fail, and checks that could not run.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, test } from "node:test";
import { audit, FOLDERS, MANIFESTS } from "../../scripts/audit.js";
import { advisoryResult } from "../../scripts/audit/npm.js";
import { root } from "../../scripts/setup.js";
import { freePort } from "../support/port.js";
import {
  DEVELOPMENT,
  makeFolder,
  makeProject,
  PRODUCTION,
  removeFolders,
  withCommands,
} from "./project.js";
import { advisory, startRegistry } from "./registry.js";

after(removeFolders);

const SIGNED = { stdout: '{"invalid":[],"missing":[]}' };
const NO_VULNERABILITY = { stdout: '{"auditReportVersion":2,"vulnerabilities":{}}' };
const HEALTHY = {
  "npm audit": NO_VULNERABILITY,
  "npm audit signatures": SIGNED,
  "cargo-deny fetch": {},
  "cargo-deny check": {},
};

const UNREACHABLE_DATABASE = {
  status: 1,
  stderr:
    "[ERROR] failed to fetch advisory database https://db.example\nfatal: unable to access it\n",
};

const errorOf = (code, summary = "it did not work") => JSON.stringify({ error: { code, summary } });

/** Runs the audit of a project, with commands that print `answers`, and returns its lines and its error. */
async function run({ answers = {}, release = false, project = makeProject() } = {}) {
  const lines = [];
  const error = await audit({
    env: withCommands({ ...HEALTHY, ...answers }),
    release,
    manifests: ["Cargo.toml"],
    folders: [project],
    report: (line) => lines.push(line.replaceAll(project, "project")),
  }).then(
    () => undefined,
    ({ message }) => message.replaceAll(project, "project"),
  );
  return { lines, error };
}

/** Returns the line that begins with `what`. */
const lineOf = ({ lines }, what) => lines.find((line) => line.includes(`: ${what}`));

test("every lock file in the repository is audited", () => {
  const tracked = execFileSync("git", ["ls-files", "*package-lock.json", "*Cargo.lock"], {
    cwd: root,
    encoding: "utf8",
  });
  const locks = tracked.trim().split("\n").sort();
  const ofNpm = FOLDERS.map((folder) =>
    folder === "." ? "package-lock.json" : `${folder}/package-lock.json`,
  );
  const ofCargo = MANIFESTS.map((manifest) => manifest.replace("Cargo.toml", "Cargo.lock"));
  assert.deepEqual([...ofNpm, ...ofCargo].sort(), locks);
});

test("an audit without findings passes, as a release too", async () => {
  for (const release of [false, true]) {
    const { lines, error } = await run({ release });
    assert.equal(error, undefined);
    assert.deepEqual(lines, [
      "passed: advisories of Cargo.toml",
      "passed: package-lock.json, project",
      "passed: npm audit, project",
      "passed: npm audit signatures, project",
    ]);
  }
});

test("a check that could not run is reported, and fails a release", async () => {
  const refusal = { status: 1, stdout: '{"message":"405 Method Not Allowed","statusCode":405}' };
  const unresolved = {
    status: 1,
    stdout: errorOf("ENOTFOUND", "getaddrinfo ENOTFOUND keys.example"),
  };
  const cases = [
    ["cargo-deny fetch", UNREACHABLE_DATABASE, "advisories of the crates: unable to access it"],
    ["cargo-deny check", UNREACHABLE_DATABASE, "advisories of Cargo.toml: unable to access it"],
    ["npm audit", refusal, "npm audit, project: 405 Method Not Allowed"],
    [
      "npm audit signatures",
      unresolved,
      "npm audit signatures, project: getaddrinfo ENOTFOUND keys.example",
    ],
  ];
  for (const [command, answer, said] of cases) {
    const answers = { [command]: answer };
    const ordinary = await run({ answers });
    assert.equal(ordinary.error, undefined, command);
    assert.ok(ordinary.lines.includes(`NOT CHECKED: ${said}`), ordinary.lines.join("\n"));
    const release = await run({ answers, release: true });
    assert.equal(
      release.error,
      `RELEASE is set, but these were not checked: ${said.split(":")[0]}`,
    );
  }
});

test("a finding fails", async () => {
  const vulnerable = { status: 1, stderr: "error[vulnerability]: Overflows" };
  const signatures = {
    invalid: [{ name: "a", version: "1.0.0" }],
    missing: [{ name: "b", version: "2.0.0" }],
  };
  const tampered = { status: 1, stdout: JSON.stringify(signatures) };
  const cases = [
    [
      "cargo-deny check",
      vulnerable,
      /^FAILED: advisories of Cargo.toml:\n {2}error\[vulnerability\]: Overflows$/,
    ],
    [
      "npm audit signatures",
      tampered,
      /:\n {2}a 1\.0\.0: invalid signature\n {2}b 2\.0\.0: missing signature$/,
    ],
  ];
  for (const [command, answer, said] of cases) {
    const { lines, error } = await run({ answers: { [command]: answer } });
    assert.match(error, /^The audit failed: /);
    assert.match(
      lines.find((line) => line.startsWith("FAILED")),
      said,
    );
  }
});

test("a tool that does not work is a failure, not an unchecked dependency", async () => {
  const cases = [
    ["cargo-deny fetch", { status: 2, stderr: "error: unexpected argument" }],
    ["cargo-deny check", { status: 2, stderr: "error: unexpected argument" }],
    ["npm audit", { status: 1, stdout: errorOf("ENOLOCK") }],
    ["npm audit", { status: 0, stdout: "" }],
    ["npm audit", { status: 0, stdout: "{}" }],
    // As if nothing were installed.
    ["npm audit signatures", { status: 1, stdout: errorOf() }],
    ["npm audit signatures", { status: 1, stdout: errorOf("CERT_HAS_EXPIRED") }],
    ["npm audit signatures", { ...SIGNED, status: 1 }],
    ["npm audit signatures", { status: 0, stdout: "{}" }],
  ];
  for (const [command, answer] of cases) {
    const { lines, error } = await run({ answers: { [command]: answer } });
    assert.match(
      error ?? "",
      /^The audit failed: /,
      `${JSON.stringify(answer)}\n${lines.join("\n")}`,
    );
  }
});

const npmEnvironment = ({ url }) => ({
  ...process.env,
  // With this setting npm leaves out the development tools unless it is told otherwise.
  NODE_ENV: "production",
  npm_config_registry: url,
  npm_config_cache: makeFolder(),
});

/** Asks the real npm, whose registry is the test's, for the advisories on a project's packages. */
async function ask(known, options) {
  const registry = await startRegistry(known);
  try {
    return await advisoryResult(makeProject(), npmEnvironment(registry), options);
  } finally {
    registry.stop();
  }
}

test("npm: any severity fails for production, and only the high ones for development", async () => {
  const cases = [
    [PRODUCTION, "low", "failed"],
    [DEVELOPMENT, "moderate", "passed"],
    [DEVELOPMENT, "high", "failed"],
    [DEVELOPMENT, "critical", "failed"],
  ];
  for (const [name, severity, state] of cases) {
    const result = await ask({ advisories: { [name]: [advisory(severity)] } });
    assert.equal(result.state, state, `${name}, ${severity}`);
    const finding = `${name}, ${severity}: Mishandles input (https://advisories.example/GHSA-test-test-test)`;
    assert.deepEqual(result.lines, state === "failed" ? [finding] : []);
  }
});

test("npm: an accepted advisory counts again after its day", async () => {
  const known = { advisories: { [PRODUCTION]: [advisory("high", "GHSA-1")] } };
  const list = [{ id: "GHSA-1", reason: "for the test", until: "2027-01-31" }];
  assert.equal((await ask(known, { list, today: "2027-01-31" })).state, "passed");
  assert.equal((await ask(known, { list, today: "2027-02-01" })).state, "failed");
  const another = [{ ...list[0], id: "GHSA-2" }];
  assert.equal((await ask(known, { list: another, today: "2027-01-31" })).state, "failed");
});

test("npm: a registry that refuses, or is unreachable, counts as not asked", async () => {
  const refused = await ask({ refuses: 405 });
  assert.equal(refused.state, "not checked");
  assert.match(refused.lines[0], /^405 Method Not Allowed/);
  const url = `http://127.0.0.1:${await freePort()}/`;
  const gone = await advisoryResult(makeProject(), npmEnvironment({ url }));
  assert.equal(gone.state, "not checked");
  assert.match(gone.lines[0], /ECONNREFUSED/);
});

test("npm's lock file: every package has a hash, and every install script is mentioned in allowScripts", async () => {
  const script = { hasInstallScript: true };
  const cases = [
    [{ changes: { [PRODUCTION]: { integrity: undefined } } }, `${PRODUCTION} has no hash`],
    [{ changes: { [PRODUCTION]: { integrity: undefined, inBundle: true } } }],
    [
      { changes: { [DEVELOPMENT]: script } },
      `${DEVELOPMENT} has an install script, which allowScripts lacks`,
    ],
    [{ changes: { [DEVELOPMENT]: script }, allowScripts: { [DEVELOPMENT]: false } }],
  ];
  for (const [settings, finding] of cases) {
    const result = await run({ project: makeProject(settings) });
    const line = finding
      ? `FAILED: package-lock.json, project:\n  ${finding}`
      : "passed: package-lock.json, project";
    assert.equal(lineOf(result, "package-lock.json"), line);
    assert.equal(result.error, finding && "The audit failed: package-lock.json, project");
  }
});
