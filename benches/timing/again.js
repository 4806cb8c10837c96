// Measures a refusal that seems to leak once more. The layout of a process's memory can make one class of calls slower by some
// nanoseconds, in each of its batches. Another process has another layout; a real leak is the same there.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { ended } from "../../scripts/lib/command.js";

/** Returns the refusals that seem to leak, by their places. */
export const suspectsOf = (places) =>
  Object.entries(places).flatMap(([place, { found }]) =>
    found
      .filter(({ isControl, leaks }) => !isControl && leaks)
      .map(({ name, difference }) => ({ place, name, sign: Math.sign(difference) })),
  );

/** Runs a script of the bench in a process of its own, with other draws. Returns the refusals that seem to leak there. */
export async function measuredAgain(script) {
  const { SEED: _, ...env } = process.env;
  const child = spawn(process.execPath, [script, "--suspects"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [answer, status] = await Promise.all([text(child.stdout), ended(child, "node")]);
  if (status !== 0) throw new Error(`the second measurement failed (${status})`);
  return JSON.parse(answer);
}

/** Returns the places with those leaks alone that both processes found, with the same sign. */
export function confirmed(places, others) {
  const isFound = (place, { name, difference }) =>
    others.some(
      (other) =>
        other.place === place && other.name === name && other.sign === Math.sign(difference),
    );
  const of = ([place, { found, ...rest }]) => [
    place,
    {
      ...rest,
      found: found.map((one) =>
        one.isControl ? one : { ...one, leaks: one.leaks && isFound(place, one) },
      ),
    },
  ];
  return Object.fromEntries(Object.entries(places).map(of));
}
