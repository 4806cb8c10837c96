// `orderhook explain`: says why a captured delivery does not verify, and what to change.
import { explain, providers } from "../dist/node.js";
import { wrongUsage } from "./failure.js";
import { ACCOUNT_HELP, DELIVERY_HELP, JSON_HELP, NOW_HELP } from "./help.js";
import { captured, statedLength } from "./input.js";
import { ACCOUNT, CAPTURED, OTHER_SECRETS, moment, providerOf, withScheme } from "./options.js";
import { accountOf, misconfigured, oneOf, secretsOf, textsOf, which } from "./secrets.js";

export const name = "orderhook explain";

export const help = `Usage: orderhook explain <file> --provider <name> [options]

Says why a captured delivery does not verify, and what to change. It finds a
body that was parsed and written again, a newline that was added or lost, a
secret that is still encoded, a wrong clock, and more. If it finds nothing, and
the body is longer than Content-Length says, it cuts the body and tries again:
the first cause is then content_length.

${DELIVERY_HELP}

${ACCOUNT_HELP}
      --other-secret-env <name>, --other-secret-file <file>
                            a secret of another account or environment, to try
                            as well; may be repeated

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
  const { values } = given;
  const provider = withScheme(providerOf(values.provider, providers()), values.scheme);
  const secrets = secretsOf(given.given, "secret");
  const token = oneOf(given.given, "token");
  const others = secretsOf(given.given, "other-secret");
  if (secrets.length + others.length === 0 && token === undefined) {
    throw wrongUsage(
      "Give the secret with --secret-env or --secret-file, or a token with --token-env or --token-file.",
    );
  }
  const { warnings, ...delivery } = await captured(given);
  const account = accountOf(values, secrets, token);
  const explanation = await search({
    ...account,
    ...delivery,
    otherSecrets: textsOf(others),
    now: moment(values),
  });
  const { verified, secretIndex, code, causes, advice } = explanation;
  const isWrong = code === "source_not_configured" && causes.length === 0;
  if (isWrong) throw misconfigured(provider, { secrets, token }, advice);
  const secret = secrets[secretIndex]?.from ?? null;
  return {
    ok: verified,
    text: textOf(explanation, secrets, others),
    json: { ...explanation, secret },
    warnings,
  };
}

// The cause says only that another body was signed: the uncut search can find no more than that.
const saysLittle = ({ cause }) => cause === "digest";

/** Explains why the delivery does not verify: as it was captured, or else with its body cut to Content-Length. */
async function search(delivery) {
  const whole = await explain(delivery);
  const length = statedLength(delivery.headers);
  if (whole.verified || !whole.causes.every(saysLittle)) return whole;
  if (length === undefined || length >= delivery.body.length) return whole;
  const cut = await explain({ ...delivery, body: delivery.body.subarray(0, length) });
  // An empty rest explains nothing: the captured body was not empty.
  const isFound = cut.verified || (length > 0 && !cut.causes.every(saysLittle));
  return isFound ? afterCut(whole, cut, delivery.body.length - length) : whole;
}

function afterCut(whole, cut, more) {
  const bytes = more === 1 ? "1 byte" : `${more} bytes`;
  const then = cut.verified
    ? "without them the delivery is authentic"
    : "take them off, and see to the rest";
  const first = {
    cause: "content_length",
    advice: `The body has ${bytes} more than Content-Length says: ${then}.`,
  };
  const advice = cut.verified ? first.advice : `${first.advice} ${cut.advice}`;
  return { ...whole, causes: [first, ...cut.causes], advice };
}

function textOf({ verified, secretIndex, code, causes, advice }, secrets, others) {
  if (verified) return `Authentic as it stands${which(secretIndex, secrets)}.\n`;
  // It counts the other secrets, which have names here.
  const named = (text, at) => (others[at] ? `the secret from ${others[at].from}` : text);
  const list = causes
    .map(({ cause, advice }) => `- ${cause}: ${advice.replace(/`otherSecrets\[(\d+)\]`/, named)}\n`)
    .join("");
  // An unusable setting comes before the causes, and does not count as one.
  const before =
    causes.length > 0 ? advice.slice(0, advice.indexOf(causes[0].advice)).trim() : advice;
  return `Not authentic (${code})${before ? `: ${before}` : "."}\n${list}`;
}
