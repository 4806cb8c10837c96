// The scripts' access to the package's command: its parsing, printing and errors, its reading of captured deliveries and of the
// Worker's folder, and its requests to dispatch.
import { fail, print } from "../../pkg/cli/command.js";
import { Failure } from "../../pkg/cli/failure.js";
import { COMMON } from "../../pkg/cli/options.js";

export { accessOf } from "../../pkg/cli/dispatch/access.js";
export { change, pathOf } from "../../pkg/cli/dispatch/api.js";
export { meant, wrongUsage } from "../../pkg/cli/failure.js";
export { COMMANDS } from "../../pkg/cli/help.js";
export { captured } from "../../pkg/cli/input.js";
export { parse } from "../../pkg/cli/options.js";
export {
  LOCAL_SECRETS,
  localSecrets,
  parseSecrets,
  readConfig,
  sourcesOf,
} from "../../pkg/cli/project.js";
export { NAME, slug } from "../../pkg/cli/slug.js";
export { table } from "../../pkg/cli/table.js";

/** Returns the options of a command of the package's. Needs the package's build. */
export async function optionsOf(command) {
  const { options } = await import(`../../pkg/cli/${command}.js`);
  return { ...options, ...COMMON };
}

/** Runs a task with the arguments, or prints its help. Reports wrong arguments, and then ends with 2. */
export async function runTask(help, args, work) {
  if (args.some((arg) => arg === "--help" || arg === "-h")) return print(`${help}\n`);
  try {
    await work(args);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    fail(error);
  }
}
