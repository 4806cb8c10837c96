// `npm run send`: the package's `orderhook send`, to the Worker, with what wrangler.toml says of the sources and .dev.vars of
// their secrets.
import { perform } from "../pkg/cli/command.js";
import { wrongUsage } from "../pkg/cli/failure.js";
import { buildPackage } from "./build.js";
import { main, say } from "./lib/command.js";
import { root, setUp } from "./setup.js";
import { LOCAL_SECRETS, localSecrets, readConfig, sourcesOf } from "./lib/cli.js";

const HELP = `Usage: npm run send -- <provider> <event> [options]

Signs a delivery as the provider would, and posts it to the Worker.

      --list                every provider, and the events that it sends
      --times <n>           post the same delivery n times: every one after the
                            first is a duplicate
      --tamper              change the delivery after it was signed (or, where
                            nothing is signed, its token): it must be refused
      --source <name>       the source to post to; the provider's first one in
                            wrangler.toml, if it is not given
      --url <url>           the Worker's address; http://localhost:8787, if it
                            is not given
      --show                print the request, too
  -H, --header <line>       send this, too, as "Name: value"; may be repeated
      --now <time>          the time of signing, as 2024-11-14T12:39:14Z
      --json                print one JSON object, for failures too

The secret, and the token in the source's address; the source's in ${LOCAL_SECRETS},
if they are not given:
      --secret-env <name>, --secret-file <file>, --secret <text>
      --token-env <name>, --token-file <file>, --token <text>

It ends with 0 when the delivery was taken, or, with --tamper, refused; with 1
when it was not; with 2 when the command is wrong.`;

/** What was typed, with the source's address, and its secrets where none were typed. */
async function toWorker(given, { chosen }) {
  const { values, positionals } = given;
  if (values.list) return given;
  const { provider } = chosen(given);
  const configured = sourcesOf(await readConfig(root)).filter(
    (source) => source.provider === provider.name,
  );
  const found = configured.find(({ name }) => !values.source || name === values.source);
  const name = values.source ?? found?.name ?? provider.name;
  const typed = given.given;
  const proof = [
    ...typed,
    ...local(typed, "secret", found?.secrets[0]),
    ...local(typed, "token", found?.token),
  ];
  if (configured.length > 0 && !has(proof, "secret") && !has(proof, "token"))
    throw wrongUsage(missing(name, found));
  const url = address(values.url, `/hooks/${name}${has(proof, "token") ? "/" : ""}`);
  return { values: { ...values, url }, positionals, given: proof };
}

/** Whether a secret, or a token, is among the options, in any of the three ways. */
const has = (given, what) =>
  given.some(([option]) => [what, `${what}-env`, `${what}-file`].includes(option));

/** The value in .dev.vars, as if it had been typed; nothing where one was, or where there is none. */
function local(given, what, name) {
  const value = localSecrets(root).get(name);
  return value && !has(given, what) ? [[what, value]] : [];
}

function missing(name, found) {
  const names = [...(found?.secrets ?? []), found?.token].filter(Boolean).join(" and ");
  const where = names
    ? `${names} is not in ${LOCAL_SECRETS} (npm start makes it)`
    : "it is not in wrangler.toml";
  return `The source "${name}" has no secret here: ${where}. Give one with --secret-env or --token-env.`;
}

function address(base = "http://localhost:8787", path) {
  if (!URL.canParse(base) || !/^https?:/.test(base))
    throw wrongUsage("--url takes the Worker's address, as http://localhost:8787.");
  return new URL(path, base).href;
}

function withAdvice(result) {
  const silent = result.json.answers?.some(({ error }) => error);
  return silent
    ? { ...result, text: `${result.text}Is the Worker running? npm start runs it here.\n` }
    : result;
}

await main(import.meta.url, async (args) => {
  if (args.some((arg) => arg === "--help" || arg === "-h")) return say(HELP);
  await setUp();
  await buildPackage({ quiet: true });
  // Here, and not above, since it has to be built first.
  const send = await import("../pkg/cli/send.js");
  const options = { ...send.options, source: { type: "string" } };
  const run = async (given) => withAdvice(await send.run(await toWorker(given, send)));
  await perform({ name: "npm run send --", help: HELP, options, run }, args);
});
