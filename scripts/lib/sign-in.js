// The link that signs in to the console of dispatch on this machine.
import { accessOf, change, pathOf } from "./cli.js";

/**
 * Returns what `npm start` says of the console: its address, with a code that signs in once. A browser does not send what follows
 * the `#`.
 */
export async function consoleLink(dispatch, folder) {
  const address = `${dispatch}/console/`;
  try {
    const access = accessOf({ dispatch }, folder, {});
    const answer = await change(access, "POST", pathOf(["session", "codes"]));
    const { code } = await answer.json();
    return `The console, with a link that signs in once, within ten minutes:\n\n  ${address}#code=${code}\n`;
  } catch (error) {
    return `The console is at ${address}. There is no link that signs in: ${error.message}\n`;
  }
}
