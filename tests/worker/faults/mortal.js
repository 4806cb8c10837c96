// The Worker in a workerd that is killed in the middle of its work, and started again from its disk.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { freePort } from "../../support/port.js";
import { start } from "../../support/workerd.js";

/**
 * Starts it as workerd.js does, or as another `begin`. The returned Worker can be killed, too. It begins again on its old ports,
 * so they are ports that no other program is given meanwhile.
 */
export async function startMortal(options, begin = start) {
  const processes = [];
  const note = ({ process }) => processes.push(process);
  subscribe("child_process", note);
  const worker = await begin({ ...options, port: freePort });
  let [deaths, dead, back] = [0, false, Promise.resolve()];

  return {
    ...worker,
    deaths: () => deaths,
    /** Kills it with a signal that it cannot catch, once it is back from its last death. */
    async kill() {
      await back;
      deaths += 1;
      dead = true;
      processes.at(-1).kill("SIGKILL");
      back = worker.output
        .untilNth(deaths, (line) => line.includes("Updated and ready"))
        .then(() => (dead = false));
    },
    /** Resolves when it lives, to whether it was dead, or has died since the given number of deaths. */
    async back(since) {
      const wasDead = dead;
      await back;
      return wasDead || deaths > since;
    },
    async stop() {
      unsubscribe("child_process", note);
      await worker.stop();
    },
  };
}
