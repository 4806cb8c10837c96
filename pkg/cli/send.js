// `orderhook send`: makes a delivery, signs it as its provider would, with the core's own signing, and posts it.
import { providers } from "../node.js";
import { address } from "./address.js";
import { wrongUsage } from "./failure.js";
import { JSON_HELP, NOW_HELP, SENDER_HELP } from "./help.js";
import { pairsOf, shownValue } from "./input.js";
import { SECRETS, TOKEN, moment, providerOf } from "./options.js";
import { choices, choose, isCredential, prepare, requestOf } from "./prepare.js";
import { hide, oneOf } from "./secrets.js";

export const name = "orderhook send";

export const help = `Usage: orderhook send <provider> <event> --url <url> [options]

Signs a delivery as the provider would, and posts it. Its content is made up.

      --list                every provider, and the events that it sends
      --url <url>           where to post it; needed
      --provider <name>, --event <name>, --status <name>
                            the provider and the event, as options; a status is
                            the provider's word, or orderhook's own
      --times <n>           post the same delivery n times
      --tamper              change the delivery after it was signed (or, where
                            nothing is signed, its token): it must be refused
      --show                print the request, alone, as verify reads it; the
                            answers are then on standard error
  -H, --header <line>       send this, too, as "Name: value"; many. It replaces
                            the delivery's own of that name, a signature too: so
                            a bad one is sent

${SENDER_HELP}

${NOW_HELP}
${JSON_HELP}

It ends with
  0  when each was answered with 2xx; with --tamper, when each was refused
     (400, 401, 403, 422)
  1  when one was not, or when nobody answers
  2  when the command is wrong, or something cannot be read

Example:
  orderhook send wegocod delivered --secret-env WEGOCOD_SECRET \\
    --url http://localhost:3000/hooks/wegocod
`;

export const options = {
  ...{ list: { type: "boolean" }, tamper: { type: "boolean" }, show: { type: "boolean" } },
  ...{ url: { type: "string" }, times: { type: "string" }, now: { type: "string" } },
  ...{ provider: { type: "string" }, event: { type: "string" }, status: { type: "string" } },
  ...{ header: { type: "string", short: "H", multiple: true }, ...SECRETS, ...TOKEN },
};

export async function run({ values, positionals, given }) {
  if (values.list) return list(named(values, positionals).provider);
  const { provider, word } = chosen({ values, positionals });
  const times = timesOf(values);
  if (values.url === undefined)
    throw wrongUsage("Where to? Give --url, as http://localhost:3000/hooks/orders.");
  const proof = proofOf(provider, given, values.tamper);
  const request = {
    url: address(values.url),
    headers: sendable(values.header),
    now: moment(values),
  };
  const delivery = prepare(provider, word, { ...request, ...proof, tamper: values.tamper });
  const answers = [];
  for (let i = 0; i < times; i += 1) answers.push(await post(delivery));
  return report({ provider, word, delivery, answers, ...proof }, values);
}

/** The provider, and the word of its that is to be sent. */
export function chosen({ values, positionals }) {
  const { provider: name, event } = named(values, positionals);
  const provider = providerOf(name, providers());
  return { provider, word: choose(provider, event) };
}

/** Their names, however they were given. */
function named({ provider, event, status }, positionals) {
  const rest = [...positionals];
  const name = provider ?? rest.shift();
  const wanted = event ?? status ?? rest.shift();
  if (rest.length > 0)
    throw wrongUsage("There are too many words: an event of several words stands in quotes.");
  return { provider: name, event: wanted };
}

function list(name) {
  const known = name === undefined ? providers() : [providerOf(name, providers())];
  const sent = (provider) =>
    [...choices(provider)].map(([name, { text, status = null }]) => ({ name, text, status }));
  const all = known.map((provider) => ({ name: provider.name, events: sent(provider) }));
  const row = ({ name, text, status }) =>
    `  ${name.padEnd(32)}${status ? `${text} → ${status}` : "no order's status"}\n`;
  const text = all.map(({ name, events }) => `${name}\n${events.map(row).join("")}`);
  return { ok: true, text: text.join(""), json: { providers: all } };
}

function timesOf({ times = "1" }) {
  const count = Number(times);
  if (!Number.isInteger(count) || count < 1)
    throw wrongUsage("--times takes a whole number from 1.");
  return count;
}

/** What it is proved by: a secret, a token in the URL, or both. */
function proofOf(provider, given, tamper) {
  const { name, authenticates } = provider;
  const [secret, token] = [oneOf(given, "secret"), oneOf(given, "token")];
  if (secret && authenticates === "url_token")
    throw wrongUsage(`${name} signs nothing: its URL has a token, and it no secret.`);
  if (!secret && authenticates === "body")
    throw wrongUsage(`${name} signs what it sends: give --secret-env or --secret-file.`);
  if (token && !/^[\w.~-]+$/.test(token))
    throw wrongUsage("A token that stands in a URL has letters, digits and -._~ only.");
  if (tamper && !secret && !token)
    throw wrongUsage("There is nothing to tamper with: give a secret, or --token-env.");
  return { secret, token };
}

/** Returns more headers to send. */
function sendable(header) {
  const pairs = pairsOf(header);
  const [own] =
    pairs.find(([name]) => /^(host|content-length|connection|transfer-encoding)$/i.test(name)) ??
    [];
  if (own) throw wrongUsage(`--header cannot give ${own}: it belongs to the connection.`);
  return pairs;
}

/** How long an answer is waited for, in seconds, and how much of it is read, in bytes. */
const MAX_SECONDS = 60;
const MAX_READ = 65_536;

async function beginning({ body }) {
  const pieces = [];
  let length = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length >= MAX_READ) break;
  }
  return Buffer.concat(pieces).subarray(0, MAX_READ).toString();
}

/** What the receiver answers; an `error` where nobody does. Receivers may repeat what they were sent. */
async function post({ url, headers, body, hidden }) {
  const own = (text) => hide(text, hidden);
  try {
    const signal = AbortSignal.timeout(MAX_SECONDS * 1000);
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal,
    });
    const { status, statusText } = response;
    const retryAfter = own(response.headers.get("retry-after") ?? "") || null;
    return {
      status,
      statusText: own(statusText),
      retryAfter,
      body: own(await beginning(response)),
    };
  } catch ({ cause, name }) {
    if (name === "TimeoutError") return { error: `nothing within ${MAX_SECONDS} s` };
    return {
      error:
        cause?.code ?? (/^[\w .]+$/.test(cause?.message) ? cause.message : "it cannot be sent"),
    };
  }
}

/** Whether it says that a delivery is not authentic. Where it is signed, 404 is another address, and no refusal. */
const isRefusal = (status, secret) =>
  [400, 401, 403, 422, ...(secret ? [] : [404])].includes(status);

function report({ provider, word, delivery, answers, secret }, { tamper = false, show }) {
  const isRight = ({ status }) =>
    tamper ? isRefusal(status, secret) : status >= 200 && status < 300;
  const ok = answers.every(isRight);
  const headers = delivery.headers.map(([name, value]) => [
    name,
    isCredential(name) ? "<hidden>" : value,
  ]);
  const texts = headers.map(([name, value]) => [name, shownValue(value)]);
  const request = show
    ? { request: { headers: Object.fromEntries(texts), body: delivery.body.toString() } }
    : {};
  const json = {
    provider: provider.name,
    event: word.text,
    url: delivery.shown,
    tampered: tamper,
    ...request,
    answers,
  };
  const text = answers.map((answer) => `${lineOf(answer, delivery)}\n`).join("");
  if (!show) return { ok, text, json };
  const alone = requestOf({ url: delivery.shown, headers, body: delivery.body });
  return { ok, text: `${secret ? "" : "It is not signed.\n"}${text}`, alone, json };
}

const MAX_SHOWN = 2_000;

function lineOf({ status, statusText, retryAfter, body, error }, { url }) {
  if (error) return `${new URL(url).origin} does not answer (${error}).`;
  const cut = body.length > MAX_SHOWN ? `${body.slice(0, MAX_SHOWN)} …` : body;
  return `${status} ${statusText}${retryAfter ? `  (retry after ${retryAfter} s)` : ""}  ${cut}`.trimEnd();
}
