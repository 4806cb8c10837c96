// Secrets and tokens: from the environment, from files, and, for tests, from the command line. A message about a missing one
// does not repeat its name, which may be the secret itself.
import { readFileSync } from "node:fs";
import { Failure, unreadable, wrongUsage } from "./failure.js";

/** Returns the secrets of an option (`secret`, `other-secret`, `token`) in the order given, each as `{ text, from }`. */
export function secretsOf(given, option) {
  const named = given.filter(([name]) =>
    [option, `${option}-env`, `${option}-file`].includes(name),
  );
  return named.map(([name, value]) => ({
    from: name === option ? `--${name}` : value,
    text: read(name, value),
  }));
}

/** Returns the only secret, or token, of an option; undefined if none is given. */
export function oneOf(given, option) {
  const [first, ...more] = secretsOf(given, option);
  if (more.length === 0) return first?.text;
  throw wrongUsage(
    `One ${option} is enough here: leave one of --${option}, --${option}-env and --${option}-file.`,
  );
}

function read(name, value) {
  if (name.endsWith("-env")) return fromEnvironment(name, value);
  return name.endsWith("-file") ? fromFile(name, value) : value;
}

function fromEnvironment(name, variable) {
  const value = process.env[variable];
  if (value) return value;
  const what = value === undefined ? "is not set here: it has to be exported" : "is empty";
  throw unreadable(
    `The variable that --${name} names ${what}. The option takes the variable's name, not its value.`,
  );
}

function fromFile(name, path) {
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unreadable(
      `The file that --${name} names cannot be read (${error.code}). The option takes a name, not the secret.`,
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes)
      .replace(/\r?\n$/, "");
  } catch {
    throw unreadable(`The file that --${name} names holds no text in UTF-8.`);
  }
}

/** Returns an account as the package takes it: a secret or a token that was not given is left out. */
export function accountOf(values, secrets, token) {
  const { provider, scheme, source, "utc-offset": utcOffset } = values;
  const proof = {
    ...(secrets.length > 0 && { secrets: textsOf(secrets) }),
    ...(token !== undefined && { token }),
  };
  const registeredUrl = values["registered-url"];
  return { provider, scheme, source, utcOffset, registeredUrl, ...proof };
}

export const textsOf = (secrets) => secrets.map(({ text }) => text);

/** Says which of the secrets it was; returns an empty text if it was none of them. */
export function which(index, secrets) {
  if (index === null) return "";
  const secret = secrets.length > 1 ? `secret ${index + 1} of ${secrets.length},` : "the secret";
  return `, with ${secret} from ${secrets[index].from}`;
}

const SECRETS = "--secret-env and --secret-file give secrets";

const OPTIONS = {
  body: SECRETS,
  fields: SECRETS,
  token: SECRETS,
  headers: "--secret-env and --secret-file give secrets, --token-env and --token-file the token",
  url_token: "--token-env and --token-file give the token",
};

/** What the core says of a setting that has another name here. */
const ELSEWHERE = /set it as `url` of a source, or as `registeredUrl` in the package/;

/** Returns the error in an account's settings, with the options that give what its provider needs if all of these are missing. */
export function misconfigured({ authenticates }, { secrets, token }, message) {
  const [hasSecret, hasToken] = [secrets.length > 0, token !== undefined];
  const wrong = message.replace(/\.$/, "").replace(ELSEWHERE, "give it with --registered-url");
  const hasProof =
    { headers: hasSecret || hasToken, url_token: hasToken }[authenticates] ?? hasSecret;
  return hasProof
    ? new Failure("source_not_configured", wrong)
    : wrongUsage(`${wrong}. ${OPTIONS[authenticates]}.`);
}

/** Returns `text` without these secrets and tokens. */
export function hide(text, secrets) {
  const formsOf = (secret) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
  const forms = secrets.filter(Boolean).flatMap(formsOf);
  // A shorter one may be part of a longer.
  const longestFirst = forms.sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "<hidden>"), text);
}
