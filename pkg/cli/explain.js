// `orderhook explain`: why a captured delivery does not verify, and what to change.
import { explain, providers } from "../node.js";
import { wrongUsage } from "./failure.js";
import { ACCOUNT_HELP, DELIVERY_HELP, JSON_HELP, NOW_HELP } from "./help.js";
import { captured } from "./input.js";
import { ACCOUNT, CAPTURED, OTHER_SECRETS, moment, providerOf } from "./options.js";
import { oneOf, secretsOf, which } from "./secrets.js";

export const name = "orderhook explain";

export const help = `Usage: orderhook explain <file> --provider <name> [options]

Tells why a captured delivery does not verify, and what to change: a body that
was written anew, a newline added or lost, a secret still encoded, a clock that
is off, and the like.

${DELIVERY_HELP}

${ACCOUNT_HELP}
      --other-secret-env <name>, --other-secret-file <file>
                            a secret of another account or environment, to try
                            as well; many

${NOW_HELP}
${JSON_HELP}

It ends with
  0  when the delivery is authentic as it stands
  1  when it is not
  2  when the command is wrong, or something cannot be read

Example:
  orderhook explain delivery.http --provider wegocod --secret-file secret.txt
`;

export const options = { ...CAPTURED, ...ACCOUNT, ...OTHER_SECRETS };

export async function run(given) {
  const { provider, source, "utc-offset": utcOffset } = given.values;
  providerOf(provider, providers());
  const secrets = secretsOf(given.given, "secret");
  const account = { provider, source, utcOffset, secrets: texts(secrets), token: oneOf(given.given, "token") };
  const others = secretsOf(given.given, "other-secret");
  if (secrets.length + others.length === 0 && account.token === undefined) {
    throw wrongUsage("With what is it checked? Give --secret-env or --secret-file, or for a token --token-env or --token-file.");
  }
  const { warnings, ...delivery } = await captured(given);
  const explanation = await explain({ ...account, ...delivery, otherSecrets: texts(others), now: moment(given.values) });
  const { verified, secretIndex } = explanation;
  const secret = secrets[secretIndex]?.from ?? null;
  return { ok: verified, text: textOf(explanation, secrets, others), json: { ...explanation, secret }, warnings };
}

const texts = (secrets) => secrets.map(({ text }) => text);

function textOf({ verified, secretIndex, code, causes, advice }, secrets, others) {
  if (verified) return `Authentic as it stands${which(secretIndex, secrets)}.\n`;
  // It counts the other secrets, which have names here.
  const named = (text, at) => (others[at] ? `the secret from ${others[at].from}` : text);
  const list = causes.map(({ cause, advice }) => `- ${cause}: ${advice.replace(/`otherSecrets\[(\d+)\]`/, named)}\n`).join("");
  return `Not authentic (${code}).\n${list || `${advice}\n`}`;
}
