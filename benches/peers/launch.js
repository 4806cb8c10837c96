// The cost of the package at a program's start: a process that imports it and verifies one delivery, against one without
// imports. The latter runs twice: the difference between its two results is the error of the measurement.
import { spawnSync } from "node:child_process";
import { median } from "./rounds.js";

export function launches(entry, delivery, count) {
  const program = `import { verify } from ${JSON.stringify(entry.href)};
    const { body, ...delivery } = ${JSON.stringify({ ...delivery, body: delivery.body.toString() })};
    if (verify({ ...delivery, body: Buffer.from(body) }).authenticity !== "body_signed") process.exit(1);`;
  const programs = { nothing: "export {};", again: "export {};", verified: program };
  const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round <= count; round++) {
    for (const [name, source] of Object.entries(programs)) {
      const time = launch(source);
      // The first of each reads the files from the disk.
      if (round > 0) times[name].push(time);
    }
  }
  const against = (name) => median(times[name].map((time, round) => time - times.nothing[round]));
  return { nothing: median(times.nothing), again: against("again"), verified: against("verified") };
}

function launch(source) {
  const began = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", source], {
    encoding: "utf8",
  });
  const took = Number(process.hrtime.bigint() - began) / 1e6;
  if (status !== 0) throw new Error(`the program failed: ${stderr}`);
  return took;
}
