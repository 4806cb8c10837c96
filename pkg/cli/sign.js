// `orderhook sign`: prints the headers that a provider would send with a body.
import { providers } from "../dist/node.js";
import { address, mayHaveToken, shown } from "./address.js";
import { wrongUsage } from "./failure.js";
import { DELIVERY_HELP, JSON_HELP, NOW_HELP, SCHEME_LINES, SECRET_HELP } from "./help.js";
import { captured, headerValue, pairsOf, shownValue } from "./input.js";
import { CAPTURED, SECRETS, moment, providerOf, withScheme } from "./options.js";
import { choose, joined, linesOf, madeHeaders, prepare, prove, requestOf } from "./prepare.js";
import { oneOf } from "./secrets.js";

export const name = "orderhook sign";

export const help = `Usage: orderhook sign [<file>] --provider <name> [options]

Prints the headers that the provider would send with a body, one a line, for
curl. Send them with the headers that you gave.

      --provider <name>     who signs; needed
${SCHEME_LINES}
      --http                print the whole request, as verify reads it
      --event <name>        sign a made-up body, as "send" makes it; with --http

${SECRET_HELP}

${DELIVERY_HELP}

${NOW_HELP}
${JSON_HELP}

It ends with 0, or with 2 when the command is wrong or something cannot be read.

Example:
  orderhook sign --provider wegocod --secret-env SECRET --body order.json |
    curl --header @- --header "content-type: application/json" \\
      --data-binary @order.json http://localhost:3000/hooks/wegocod
`;

export const options = {
  ...{
    provider: { type: "string" },
    scheme: { type: "string" },
    http: { type: "boolean" },
    event: { type: "string" },
    now: { type: "string" },
  },
  ...{ ...CAPTURED, ...SECRETS },
};

export async function run(given) {
  const { values } = given;
  const provider = withScheme(providerOf(values.provider, providers()), values.scheme);
  if (provider.secret === null)
    throw wrongUsage(`${provider.name} signs nothing: what it posts comes to a URL with a token.`);
  const secret = oneOf(given.given, "secret");
  if (!secret) throw wrongUsage("Give the secret with --secret-env or --secret-file.");
  /** @type {{ proof: any, headers: any, body: Buffer, url: string, warnings?: string[] }} */
  const signed =
    values.event === undefined
      ? await signDelivery(provider, secret, given)
      : signSample(provider, secret, given);
  const { proof, headers, body, url, warnings } = signed;
  const texts = headers.map(([name, value]) => [name, shownValue(value)]);
  const request = { method: "POST", url, headers: Object.fromEntries(texts), ...payload(body) };
  const json = {
    provider: provider.name,
    headers: Object.fromEntries(proof),
    ...(values.http ? { request } : {}),
  };
  const output = values.http ? { text: "", alone: requestOf(signed) } : { text: linesOf(proof) };
  return { ok: true, ...output, json, warnings };
}

async function signDelivery(provider, secret, given) {
  const { headers: all, body, url, warnings } = await captured(given);
  // The warning is about the captured request, not about the one that is made.
  const headers = all.filter(([name]) => !/^(content-length|transfer-encoding)$/i.test(name));
  const made = madeHeaders(provider).filter(([name]) => headerValue(headers, name) === undefined);
  const sent = joined(headers, made);
  const signature = prove({
    provider: provider.name,
    scheme: provider.scheme,
    secret,
    url,
    headers: sent,
    body,
    now: moment(given.values),
  });
  const proof = [...made, ...Object.entries(signature)];
  return {
    proof,
    headers: joined(headers, proof),
    body,
    url: withoutToken(url, provider),
    warnings,
  };
}

/** Makes one of the provider's deliveries. Its body differs each time. */
function signSample(provider, secret, { values, positionals }) {
  const { event, body, data, header, http, url = "http://localhost/" } = values;
  if (positionals.length > 0 || body !== undefined || data !== undefined)
    throw wrongUsage("--event makes a body: give none.");
  if (!http)
    throw wrongUsage("--event makes another body each time: --http prints it with its headers.");
  const settings = { url: address(url), secret, headers: pairsOf(header), now: moment(values) };
  const delivery = prepare(provider, choose(provider, event), settings);
  return {
    ...delivery,
    proof: delivery.headers,
    url: values.url === undefined ? "/" : delivery.shown,
  };
}

function withoutToken(url, provider) {
  if (!URL.canParse(url)) return mayHaveToken(provider) || !url ? "/" : url;
  return mayHaveToken(provider) ? shown(new URL(url), { hasToken: true }) : url;
}

/** Returns a body as JSON can hold it, with the names of an event's payload. */
function payload(body) {
  const text = body.toString();
  return Buffer.from(text).equals(body) ? { body: text } : { body_base64: body.toString("base64") };
}
