// The scripts' one way to the package's command: how it parses, prints and fails, and what it knows of the Worker's folder.
import { fail, print } from "../../pkg/cli/command.js";
import { Failure } from "../../pkg/cli/failure.js";

export { meant, wrongUsage } from "../../pkg/cli/failure.js";
export { parse } from "../../pkg/cli/options.js";
export { LOCAL_SECRETS, localSecrets, readConfig, sourcesOf } from "../../pkg/cli/project.js";
export { table } from "../../pkg/cli/table.js";

/** Does a task's work with what was typed, or prints its help. Says what is wrong with what was typed, and ends with 2 then. */
export async function runTask(help, args, work) {
  if (args.some((arg) => arg === "--help" || arg === "-h")) return print(`${help}\n`);
  try {
    await work(args);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    fail(error);
  }
}
