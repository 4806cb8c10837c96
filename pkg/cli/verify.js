// `orderhook verify`: says whether a captured delivery is authentic, and what proves it.
import { providers, Verifier } from "../dist/node.js";
import { jsonOf } from "./command.js";
import { ACCOUNT_HELP, DELIVERY_HELP, JSON_HELP, NOW_HELP } from "./help.js";
import { captured } from "./input.js";
import { ACCOUNT, CAPTURED, moment, providerOf, withScheme } from "./options.js";
import { provedBy, refusal } from "./proof.js";
import { accountOf, misconfigured, oneOf, secretsOf } from "./secrets.js";

export const name = "orderhook verify";

export const help = `Usage: orderhook verify <file> --provider <name> [options]

Says whether a captured delivery is authentic, and what proves it, or the code
and the reason of its refusal.

      --event               print only the event on standard output, and the
                            proof or the refusal on standard error. "null" means
                            that the delivery says nothing about an order

${DELIVERY_HELP}

${ACCOUNT_HELP}

${NOW_HELP}
${JSON_HELP}

It ends with
  0  when the delivery is authentic
  1  when it is not
  2  when the command is wrong, or something cannot be read

Example:
  orderhook verify delivery.http --provider wakilni --secret-env WAKILNI_SECRET
  orderhook verify delivery.http --provider gooten --token-env TOKEN --event |
    jq .data.status
`;

export const options = { event: { type: "boolean" }, ...CAPTURED, ...ACCOUNT };

export async function run(given) {
  const { values } = given;
  const provider = withScheme(providerOf(values.provider, providers()), values.scheme);
  const secrets = secretsOf(given.given, "secret");
  const verifier = verifierOf(provider, values, secrets, oneOf(given.given, "token"));
  const { warnings, ...delivery } = await captured(given);
  const now = moment(values);
  return { ...judge(verifier, { ...delivery, now }, values, secrets), warnings };
}

function verifierOf(provider, values, secrets, token) {
  try {
    return new Verifier(accountOf(values, secrets, token));
  } catch (error) {
    throw error.code === "source_not_configured"
      ? misconfigured(provider, { secrets, token }, error.message)
      : error;
  }
}

function judge(verifier, delivery, { event: wantsEvent }, secrets) {
  let proof;
  try {
    proof = verifier.verify(delivery);
  } catch (error) {
    if (error.name !== "WebhookError") throw error;
    return { ...refusal(error), ...(wantsEvent ? { alone: "" } : {}) };
  }
  const { from = null } = secrets[proof.secretIndex] ?? {};
  const answer = {
    ok: true,
    text: provedBy(proof, secrets),
    json: { ...proof, secret: from },
  };
  return wantsEvent ? withEvent(answer, verifier.receive(delivery)) : answer;
}

function withEvent({ ok, text, json }, event) {
  const none = event === null ? "It says nothing about an order: there is no event.\n" : "";
  return { ok, text: `${text}${none}`, alone: `${jsonOf(event, 2)}\n`, json: { ...json, event } };
}
