// `npm run send`: makes a delivery, signs it as its provider would, with the core's own signing, and posts it.
import { parseArgs } from "node:util";
import { buildPackage } from "./build.js";
import { main, say, Stop } from "./command.js";
import { deliveries } from "./deliveries.js";
import { setUp } from "./setup.js";
import { LOCAL_SECRETS, localSecrets, sources } from "./sources.js";

const HELP = `Usage: npm run send -- <provider> <event> [options]

Signs a delivery as the provider would, and posts it to the Worker.

  --list            every provider, and the events or statuses that it sends
  --times <n>       post the same delivery n times: every one after the first is a duplicate
  --tamper          change the delivery after it was signed (or, where nothing is signed, its token): it must be refused
  --source <name>   the source to post to; the first one of the provider in wrangler.toml, if it is not given
  --url <url>       the Worker's address; http://localhost:8787, if it is not given
  --secret <value>  the secret to sign with; the source's in ${LOCAL_SECRETS}, if it is not given
  --token <value>   the token in the source's address; the source's in ${LOCAL_SECRETS}, if it is not given
  --show            print the request, too

It ends with 0 when the delivery was taken, or, with --tamper, when it was refused.`;

const OPTIONS = {
  list: { type: "boolean" },
  times: { type: "string", default: "1" },
  tamper: { type: "boolean" },
  source: { type: "string" },
  url: { type: "string", default: "http://localhost:8787" },
  secret: { type: "string" },
  token: { type: "string" },
  show: { type: "boolean" },
  help: { type: "boolean", short: "h" },
};

/** The core, as the npm package has it: here, and not above, since it has to be built first. */
export async function core() {
  const { providers, sign } = await import("../pkg/node.js");
  return { providers: providers(), sign };
}

/** `Order Ready for Self-Pickup`, `out_for_delivery` and `HoldByCIImageIssue` as they are typed in a shell. */
const slug = (text) =>
  text
    .replace(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3-$2$4")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .toLowerCase();

/** What can be sent of a provider, by its slug. */
export function choices(provider) {
  const { words, others = {} } = deliveries[provider.name];
  const named = words(provider).map((word) => [slug(word.text), word]);
  return new Map([...named, ...Object.entries(others)]);
}

function list(providers) {
  for (const provider of providers) {
    say(`${provider.name}`);
    for (const [name, { text, status }] of choices(provider)) say(`  ${name.padEnd(32)}${status ? `${text} → ${status}` : "no order's status"}`);
  }
}

function choose(providers, [name, event]) {
  const provider = providers.find((provider) => provider.name === name);
  const names = providers.map((provider) => provider.name).join(", ");
  if (!provider) throw new Stop(`${name ? `There is no provider "${name}".` : "Which provider?"} There are ${names}; --help says how to go on.`);
  const wanted = event && slug(event);
  const chosen = choices(provider);
  const word = chosen.get(wanted) ?? chosen.get(`order-${wanted}`);
  if (!word) {
    throw new Stop(`${event ? `${name} does not send "${event}".` : `Which event of ${name}?`} It sends:\n  ${[...chosen.keys()].join("\n  ")}`);
  }
  return { provider, word };
}

/** Where the delivery goes, and what it is proved by. */
async function target(provider, values) {
  const configured = (await sources()).filter((source) => source.provider === provider.name);
  const found = configured.find(({ name }) => !values.source || name === values.source);
  const name = values.source ?? found?.name ?? provider.name;
  const local = localSecrets();
  const secret = values.secret ?? local.get(found?.secrets[0]);
  const token = values.token ?? local.get(found?.token);
  if (provider.authenticates === "url_token" && !token) throw new Stop(missing("token", name, found?.token));
  if (provider.authenticates === "body" && !secret) throw new Stop(missing("secret", name, found?.secrets[0]));
  return { name, secret, token };
}

const missing = (what, source, name) =>
  `The source "${source}" has no ${what} here: ${name ? `${name} is not in ${LOCAL_SECRETS} (npm start makes it)` : "it is not in wrangler.toml"}. Give one with --${what}.`;

/** One delivery of `word`, signed for the source `name`: `url`, `headers` and `body`. */
export function prepare({ sign }, provider, word, { name, secret, token }, values) {
  const kind = deliveries[provider.name];
  const content = (word.body ?? kind.body)(word);
  const body = Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
  const sent = values.tamper && !secret && token ? changed(token) : token;
  const path = `/hooks/${name}${sent ? `/${sent}/` : ""}${kind.query?.(content) ?? ""}`;
  const url = new URL(path, values.url).href;
  const headers = { "content-type": "application/json", ...kind.headers?.(word) };
  if (secret && provider.secret) Object.assign(headers, proof({ sign }, { provider: provider.name, secret, url, headers, body }));
  const shown = sent ? url.replace(sent, "<token>") : url;
  return { url, shown, headers, body: values.tamper && secret ? tampered(body) : body };
}

/** The headers that prove it, as the core makes them. */
function proof({ sign }, delivery) {
  try {
    return sign(delivery);
  } catch (error) {
    throw new Stop(`It cannot be signed: ${error.message}.`);
  }
}

/** The last digit or letter becomes another one: no longer what was signed. */
function tampered(body) {
  const at = body.findLastIndex((byte) => /[0-9a-z]/i.test(String.fromCharCode(byte)));
  const copy = Buffer.from(body);
  copy[at] ^= 1;
  return copy;
}

const changed = (token) => token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");

function show({ shown, headers, body }, { secret }) {
  say(`POST ${shown}`);
  for (const [name, value] of Object.entries(headers)) say(`${name}: ${value}`);
  say(`\n${secret ? "" : "(not signed)\n"}${body}\n`);
}

async function post({ url, headers, body }) {
  let response;
  try {
    response = await fetch(url, { method: "POST", headers, body, redirect: "manual" });
  } catch (error) {
    throw new Stop(`${new URL(url).origin} does not answer (${error.cause?.code ?? error.message}). Is the Worker running? npm start runs it here.`);
  }
  const retry = response.headers.get("retry-after");
  say(`${response.status} ${response.statusText}${retry ? `  (retry after ${retry} s)` : ""}  ${await response.text()}`);
  return response.status;
}

await main(import.meta.url, async (args) => {
  const { values, positionals } = parse(args);
  if (values.help) return say(HELP);
  await setUp();
  await buildPackage({ quiet: true });
  const { providers, sign } = await core();
  if (values.list) return list(providers);
  const { provider, word } = choose(providers, positionals);
  const times = Number(values.times);
  if (!Number.isInteger(times) || times < 1) throw new Stop(`--times takes a whole number from 1, not "${values.times}".`);
  if (!URL.canParse(values.url) || !/^https?:/.test(values.url)) {
    throw new Stop(`--url takes the Worker's address, as https://orderhook.example.workers.dev, not "${values.url}".`);
  }
  const to = await target(provider, values);
  const delivery = prepare({ sign }, provider, word, to, values);
  if (values.show) show(delivery, to);
  for (let i = 0; i < times; i += 1) {
    const status = await post(delivery);
    const taken = status >= 200 && status < 300;
    if (taken === Boolean(values.tamper)) process.exitCode = 1;
  }
});

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Stop(`${error.message}\n\n${HELP}`);
  }
}
