// `orderhook send`: makes a delivery, signs it as its provider would, with the core's own signing, and posts it.
import { providers } from "../dist/node.js";
import { address } from "./address.js";
import { wrongUsage } from "./failure.js";
import { JSON_HELP, NOW_HELP, SENDER_HELP } from "./help.js";
import { captured, pairsOf, shownValue } from "./input.js";
import { SECRETS, TOKEN, moment, providerOf, withScheme } from "./options.js";
import { post } from "./post.js";
import { canProve, choices, choose, forward, isCredential, prepare, requestOf } from "./prepare.js";
import { oneOf } from "./secrets.js";
import { completed, providerOfSource, schemeOfSource, silenceAdvice, workerIn } from "./source.js";
import { table } from "./table.js";

export const name = "orderhook send";

export const help = `Usage: orderhook send <provider> <event> [--url <url>] [options]
       orderhook send <provider> --file <file> [--url <url>] [options]

Signs a delivery as the provider would, and posts it. Its content is made up,
or that of a captured delivery.

In the folder of an orderhook Worker it posts to that Worker, at the address of
one of its sources in wrangler.toml, with that source's secret and token in
.dev.vars: --url, --secret… and --token… may be left out.

      --list                every provider, and the events that it sends
      --url <url>           where to post it. Without a path, it is the Worker's
                            address; http://localhost:8787, if it is not given
      --source <name>       the Worker's source; the provider's first one, if it
                            is not given. With it, the provider may be left out
      --provider <name>, --event <name>, --status <name>
                            the provider and the event, as options; a status is
                            the provider's word, or orderhook's own
      --scheme <name>       how the provider signs, if it has several ways; that
                            of the source, or else the first one, if it is not
                            given
      --order <id>          the order's id, so that several deliveries are about
                            one order; a made-up one, if it is not given
      --file <file>         post this captured delivery: a file with the request
                            line, the headers, an empty line and the body. "-"
                            is standard input. It is signed anew; one that only
                            the provider can sign is posted as it came
      --times <n>           post the same delivery n times
      --tamper              change the delivery after it was signed (or, where
                            nothing is signed, its token): it must be refused
      --show                print the request, alone, as verify reads it; the
                            answers are then on standard error
  -H, --header <line>       a further header, as "Name: value"; may be repeated.
                            It replaces the delivery's own header of that name,
                            even the signature: so a bad one can be sent

${SENDER_HELP}

${NOW_HELP}
${JSON_HELP}

It ends with
  0  when each was answered with 2xx; with --tamper, when each was refused
     (400, 401, 403, 422)
  1  when one was not, or when there is no answer
  2  when the command is wrong, or something cannot be read

Example:
  orderhook send wegocod delivered --secret-env WEGOCOD_SECRET \\
    --url http://localhost:3000/hooks/wegocod
`;

export const options = {
  ...{ list: { type: "boolean" }, tamper: { type: "boolean" }, show: { type: "boolean" } },
  ...{ url: { type: "string" }, source: { type: "string" } },
  ...{ times: { type: "string" }, now: { type: "string" }, order: { type: "string" } },
  ...{ provider: { type: "string" }, event: { type: "string" }, status: { type: "string" } },
  ...{ scheme: { type: "string" }, file: { type: "string" } },
  ...{ header: { type: "string", short: "H", multiple: true }, ...SECRETS, ...TOKEN },
};

export async function run({ values, positionals, given }) {
  if (values.list) return list(named(values, positionals).provider);
  const worker = await workerIn(process.cwd(), values);
  const from = values.file === undefined ? sample : capture;
  const { provider, word, made, isProved, warnings } = await from(values, positionals, worker);
  const times = timesOf(values);
  const to = worker
    ? completed({ values, given }, provider, worker, isProved)
    : { url: values.url, given };
  if (to.url === undefined) throw wrongUsage(NOWHERE);
  const proof = isProved
    ? proofOf(provider, to.given, values.tamper)
    : { token: oneOf(to.given, "token") };
  const request = { url: address(to.url), headers: sendable(values.header), now: moment(values) };
  const delivery = made({ ...request, ...proof, tamper: values.tamper });
  const answers = [];
  for (let i = 0; i < times; i += 1) answers.push(await post(delivery));
  const isSilent = worker && answers.some(({ error }) => error);
  const advice = isSilent ? silenceAdvice(worker) : "";
  return report({ provider, word, delivery, answers, advice, warnings, ...proof }, values);
}

/** Returns the sample that is to be sent: the provider, its word, and what makes the delivery. */
function sample(values, positionals, worker) {
  const { provider, word } = chosen(values, positionals, worker);
  const own = { order: orderOf(values, provider, word) };
  const made = (request) => prepare(provider, word, { ...request, own });
  return { provider, word, made, isProved: true };
}

/** Returns the same of a captured delivery. One whose proof no secret makes is posted as it came. */
async function capture(values, positionals, worker) {
  const { event, status, order, tamper, file } = values;
  if ((event ?? status ?? order) !== undefined)
    throw wrongUsage("A captured delivery has an event: leave --event, --status and --order.");
  const ofSource = () => providerOfSource(worker, values.source);
  const [name, ...rest] = [values.provider, ...positionals].filter((one) => one !== undefined);
  if (rest.length > 0) throw wrongUsage("A captured delivery has an event: name none.");
  const provider = signing(providerOf(name ?? ofSource(), providers()), values, worker);
  const { warnings, ...delivery } = await captured({ values: {}, positionals: [file] });
  const isProved = canProve(provider);
  if (tamper && !isProved) throw wrongUsage("--tamper needs a proof that can be made anew.");
  const made = (request) => forward(provider, delivery, request);
  return { provider, word: { text: null }, made, isProved, warnings };
}

const NOWHERE =
  "Give the address with --url, as http://localhost:3000/hooks/orders, or run it in your Worker's folder.";

/** Returns the provider, and its word that is to be sent. */
function chosen(values, positionals, worker) {
  const ofSource = () => providerOfSource(worker, values.source);
  const { provider: name, event } = named(values, positionals, ofSource);
  const provider = signing(providerOf(name, providers()), values, worker);
  return { provider, word: choose(provider, event) };
}

/** Returns the provider as it signs in the scheme that is named, or in that of its source. */
const signing = (provider, { scheme, source }, worker) =>
  withScheme(provider, scheme ?? schemeOfSource(worker, provider.name, source));

/** Returns their names, given as options or as words. If a source implies its provider, the provider may be left out. */
function named({ provider, event, status }, positionals, ofSource = () => undefined) {
  const rest = [...positionals];
  const asOption = event ?? status;
  const isLeftOut = rest.length < (asOption === undefined ? 2 : 1);
  const name = provider ?? (isLeftOut ? ofSource() : undefined) ?? rest.shift();
  const wanted = asOption ?? rest.shift();
  if (rest.length > 0)
    throw wrongUsage("There are too many words: an event of several words stands in quotes.");
  return { provider: name, event: wanted };
}

function list(name) {
  const known = name === undefined ? providers() : [providerOf(name, providers())];
  const sent = (provider) =>
    [...choices(provider)].map(([name, { text, status = null }]) => ({ name, text, status }));
  const all = known.map((provider) => ({ name: provider.name, events: sent(provider) }));
  const row = ({ name, text, status }) => [
    name,
    status ? `${text} → ${status}` : "no order's status",
  ];
  const text = all.map(({ name, events }) => `${name}\n${table(events.map(row))}`);
  return { ok: true, text: text.join(""), json: { providers: all } };
}

/** Returns the order's id that was typed. Throws if the delivery has none, or another one would not stand there by itself. */
function orderOf({ order }, { name }, word) {
  if (order === undefined) return undefined;
  if (word.order === undefined)
    throw wrongUsage(`"${word.text}" of ${name} is not about an order: leave --order.`);
  if (/^[\w.:-]{1,100}$/.test(order)) return order;
  throw wrongUsage("--order takes an id of letters, digits and -._: alone.");
}

function timesOf({ times = "1" }) {
  const count = Number(times);
  if (!Number.isInteger(count) || count < 1)
    throw wrongUsage("--times takes a whole number from 1.");
  return count;
}

/** Returns what proves the delivery: a secret, a token in the URL, or both. */
function proofOf(provider, given, tamper) {
  const { name, authenticates } = provider;
  const [secret, token] = [oneOf(given, "secret"), oneOf(given, "token")];
  if (secret && authenticates === "url_token")
    throw wrongUsage(
      `${name} signs nothing: its URL holds a token. Give that with --token-env or --token-file.`,
    );
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

/** Returns whether a status refuses a delivery. For a signed one, 404 says that the address is wrong. */
const isRefusal = (status, secret) =>
  [400, 401, 403, 422, ...(secret ? [] : [404])].includes(status);

function report(sent, { tamper = false, show }) {
  const { provider, word, delivery, answers, advice, warnings, secret } = sent;
  const isRight = ({ status }) =>
    tamper ? isRefusal(status, secret) : status >= 200 && status < 300;
  const ok = answers.every(isRight);
  const isHidden = (name) => isCredential(name) || delivery.credentials.includes(name);
  const headers = delivery.headers.map(([name, value]) => [
    name,
    isHidden(name) ? "<hidden>" : value,
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
  const text = answers.map((answer) => `${lineOf(answer, delivery)}\n`).join("") + advice;
  if (!show) return { ok, text, json, warnings };
  const alone = requestOf({ url: delivery.shown, headers, body: delivery.body });
  return { ok, text: `${secret ? "" : "It is not signed.\n"}${text}`, alone, json, warnings };
}

const MAX_SHOWN = 2_000;

function lineOf({ status, statusText, retryAfter, body, error }, { url }) {
  if (error) return `${new URL(url).origin} does not answer (${error}).`;
  const cut = body.length > MAX_SHOWN ? `${body.slice(0, MAX_SHOWN)} …` : body;
  return `${status} ${statusText}${retryAfter ? `  (retry after ${retryAfter} s)` : ""}  ${cut}`.trimEnd();
}
