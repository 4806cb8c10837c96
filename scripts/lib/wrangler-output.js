// What `npm start` shows of wrangler's output: the lines of the Workers, and what is wrong.
import { COLOURS } from "./command.js";

/** Lines that say the same at each start. */
const ROUTINE = [
  /^\[custom build\](?: Running: | Up to date: |$)/,
  /^Using secrets defined in /,
  /^Your Worker has access to the following bindings:$/,
  /^Binding +Resource +Mode$/,
  /^env\.\w+ .* local(?: \[(?:not )?connected\])?$/,
  /^Service bindings, Durable Object bindings, and Tail consumers connect to /,
  /^⎔ (?:Starting local server|Connection status updated)/,
  /^\[wrangler:info\] Ready on /,
  // How `npm start` finds that dispatch answers.
  /^\[wrangler:info\] GET \/ 401 /,
  /^▲ \[WARNING\] Scheduled Workers are not automatically triggered during local development\.$/,
  /^ {2}To manually trigger a scheduled event, run:$/,
  /^ {4}curl "[^"]+\/cdn-cgi\/local\/scheduled"$/,
  /^ {2}For more details, see \S+cron-triggers\S*$/,
  // `npm start` sets the variable, and says so.
  /^✘ \[ERROR\] \{"at":"settings","problems":\["`LOCAL_ENDPOINTS` lets [^"]+"\]\}$/,
];

/**
 * Returns a function that passes on each line that is not routine. Of several blank lines it passes
 * on one.
 *
 * @param {(line: string) => void} show
 */
export function withoutRoutine(show) {
  let isBlank = true;
  return (line) => {
    const plain = line.replace(COLOURS, "").trimEnd();
    if (ROUTINE.some((pattern) => pattern.test(plain)) || (plain === "" && isBlank)) return;
    isBlank = plain === "";
    show(line);
  };
}
