// The errors of `npm run bench`, `npm run fuzz` and `npm run build` for a wrong command, before anything is installed, built or run for it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

function script(name, ...args) {
  const path = fileURLToPath(new URL(`../../scripts/${name}.js`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

for (const [args, said] of [
  [
    ["bench", "worker", "--nope"],
    "There is no option --nope. npm run bench -- --help lists the options.",
  ],
  [
    ["bench", "package", "--quik"],
    "There is no option --quik. Did you mean --quick? npm run bench -- --help lists the options.",
  ],
  [["bench", "timing", "core"], '"timing" takes nothing behind it but options.'],
  [
    ["bench", "wroker"],
    'There is no bench "wroker". Did you mean worker? There are core, timing, package, worker, acknowledge, dispatch, deliver, console.',
  ],
  [["bench", "dispatch", "--events", "x"], '--events takes a whole number, and not "x"'],
  [["fuzz", "--seconds", "0"], "--seconds wants a whole number from 1 to 999999."],
  [["fuzz", "--seconds=-1"], "--seconds wants a whole number from 1 to 999999."],
  [
    ["fuzz", "--seconds", "-1"],
    "--seconds wants a value behind it; one that begins with a dash is written --seconds=<value>.",
  ],
  [
    ["fuzz", "--second", "5"],
    "There is no option --second. Did you mean --seconds? npm run fuzz -- --help lists the options.",
  ],
  [["fuzz", "--input", "nowhere", "intake"], "There is no file nowhere."],
]) {
  test(args.join(" "), () =>
    assert.deepEqual(script(...args), { status: 2, stdout: "", stderr: `${said}\n` }),
  );
}

test("build --out, with a folder that holds something other than a build", () => {
  const folder = mkdtempSync(join(tmpdir(), "orderhook-out-"));
  try {
    const out = relative(fileURLToPath(new URL("../..", import.meta.url)), folder);
    const { status, stderr } = script("build", "--out", out, "--feature", "panic-probe");
    assert.deepEqual(
      [status, stderr],
      [2, `The folder ${out} holds something other than a build. Name another one with --out.\n`],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

for (const name of ["bench", "fuzz"]) {
  test(`${name} --help`, () => {
    const { status, stdout } = script(name, "--help");
    assert.equal(status, 0);
    assert.ok(stdout.startsWith(`Usage: npm run ${name} -- `));
    for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  });
}
