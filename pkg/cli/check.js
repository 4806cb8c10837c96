// `orderhook check`: says what is wrong with a definition, and shows the event that it makes of a delivery.
import { Verifier, check, normalize } from "../dist/node.js";
import { jsonOf } from "./command.js";
import { definitionIn } from "./definition.js";
import { wrongUsage } from "./failure.js";
import { JSON_HELP, NOW_HELP, SCHEME_LINES, SECRET_HELP, TOKEN_LINES } from "./help.js";
import { captured } from "./input.js";
import { SECRETS, TOKEN, moment } from "./options.js";
import { provedBy, refusal } from "./proof.js";
import { accountOf, oneOf, secretsOf } from "./secrets.js";
import { table } from "./table.js";
import { unfound } from "./unfound.js";

export const name = "orderhook check";

export const help = `Usage: orderhook check <file> [options]

Says what is wrong with a definition of a provider: the key, and what to write
there. The file ends with .toml or .json; the provider is named after it, or
after its folder if it is a provider.toml.

      --delivery <file>     a captured delivery, as verify reads it. The event
                            that the definition makes of it is on standard
                            output. What proves the delivery, and the keys that
                            have no value in it, are on standard error. With a
                            secret or a token, it is verified first
${SCHEME_LINES}
      --utc-offset <zone>   the zone of times without one, as +02:00

${SECRET_HELP}
${TOKEN_LINES}
                            the token that the URL's path ends with

${NOW_HELP}
${JSON_HELP}

It ends with
  0  when the definition is right, and the delivery is understood
  1  when it is not; or when the delivery is not authentic, or not understood
  2  when the command is wrong, or something cannot be read

Example:
  orderhook check acme.toml
  orderhook check acme.toml --delivery delivery.http --secret-env ACME_SECRET |
    jq .data.status
`;

export const options = {
  delivery: { type: "string" },
  scheme: { type: "string" },
  "utc-offset": { type: "string" },
  now: { type: "string" },
  ...SECRETS,
  ...TOKEN,
};

export async function run({ values, positionals, given }) {
  if (positionals.length !== 1)
    throw wrongUsage("Name one definition: a file that ends with .toml or .json.");
  const now = moment(values);
  const secrets = secretsOf(given, "secret");
  const token = oneOf(given, "token");
  const isRead = [token, values.scheme, values["utc-offset"]].some((one) => one !== undefined);
  if (values.delivery === undefined && (isRead || secrets.length > 0))
    throw wrongUsage("These options are about a delivery: name one with --delivery.");
  const { definition, wrong } = await definitionIn(positionals[0]);
  const found = wrong ?? (await check(definition));
  if (found) return mistake(found);
  const { name } = definition;
  const right = { ok: true, text: `${name}: the definition is right.\n`, json: { provider: name } };
  if (values.delivery === undefined) return right;
  const { warnings, ...delivery } = await captured({
    values: {},
    positionals: [values.delivery],
  });
  const account = { ...accountOf(values, secrets, token), provider: definition };
  return { ...made(right, account, { ...delivery, now }, secrets), warnings };
}

const mistake = ({ key, text }) => ({
  ok: false,
  text: `${key || "the definition"}: ${text}\n`,
  json: { key, text },
});

/** Returns the result of a delivery. It is verified if the account has a secret or a token. */
function made(right, account, delivery, secrets) {
  const definition = account.provider;
  if (account.secrets === undefined && account.token === undefined) {
    const text = `${right.text}It is not verified.\n`;
    return about(normalize({ ...account, ...delivery }), definition, { ...right, text });
  }
  const verifier = new Verifier(account);
  let proof;
  try {
    proof = verifier.verify(delivery);
  } catch (error) {
    if (error.name !== "WebhookError") throw error;
    return { ...refusal(error, NEXT), alone: "" };
  }
  const text = `${right.text}${provedBy(proof, secrets)}`;
  const json = { ...right.json, authenticity: proof.authenticity };
  return about(verifier.receive(delivery), definition, { text, json });
}

const NEXT = "The definition's scheme, the secret or the captured delivery is wrong.";

/** Adds the event, or the events, and the keys of the definition that have no value in them. */
function about(event, definition, { text, json }) {
  const alone = `${jsonOf(event, 2)}\n`;
  const events = [event].flat().filter((one) => one !== null);
  const unread = events.find(({ data }) => data.reason !== undefined);
  if (unread) {
    const why = `It is not understood (${unread.data.reason.code}): ${unread.data.reason.text}.\n`;
    return { ok: false, text: `${text}${why}`, alone, json: { ...json, event } };
  }
  const missing = events.length > 0 ? unfound(definition, events) : [];
  const said = events.length > 0 ? `${unknownWord(events)}${listed(missing)}` : NONE;
  return { ok: true, text: `${text}${said}`, alone, json: { ...json, event, unfound: missing } };
}

const NONE = "There is no event: the delivery says nothing about an order's state.\n";

function unknownWord(events) {
  const words = events
    .filter(({ data }) => data.status.now === "unknown")
    .map(({ data }) => data.status.provider_now ?? data.status.provider_event);
  return words.map((word) => `No table of words has "${word}": the status is unknown.\n`).join("");
}

function listed(missing) {
  if (missing.length === 0) return "Every key of the definition has a value in it.\n";
  const rows = missing.map(({ key, place }) => [key, placeOf(place)]);
  return `These keys have no value in it:\n${table(rows)}`;
}

const placeOf = (place) => (typeof place === "string" ? place : JSON.stringify(place));
