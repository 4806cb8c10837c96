// Checks the settings of an account before they are used.
import { call } from "./core.js";
import { definitionOf, prepared } from "./definition.js";
import { WebhookError } from "./error.js";

/**
 * Returns the checked settings: texts or undefined, and the secrets as an array. Throws a WebhookError if `secrets` or `token` is
 * present without a usable value, for example because a variable is not set: it must not count as left out.
 *
 * @param {import("../index.js").Account<import("../index.js").AnyProvider>} account
 */
export function settingsOf(account) {
  if (account === null || typeof account !== "object")
    throw unusable("the settings must be one object, as `{ provider, secrets }`");
  if (!("secrets" in account)) checkNames(account);
  const definition = definitionOf(account.provider);
  const scheme = setting("scheme", account.scheme);
  const jwks = addressOf(setting("jwks", urlText(account.jwks)));
  if (jwks !== undefined) checkJwks(definition, scheme, account);
  return {
    definition,
    scheme,
    source: setting("source", account.source) ?? definition.name,
    secrets: "secrets" in account ? secretsOf(account.secrets) : [],
    token: "token" in account ? tokenOf(account.token) : undefined,
    utcOffset: setting("utcOffset", account.utcOffset),
    registeredUrl: setting("registeredUrl", urlText(account.registeredUrl)),
    tokenHeader: setting("tokenHeader", account.tokenHeader),
    jwks,
  };
}

/** The settings of an account, and what a delivery has. */
const NAMES = new Set([
  ...["provider", "scheme", "source", "secrets", "token", "utcOffset", "registeredUrl"],
  ...["tokenHeader", "jwks", "headers", "url", "body", "offeredToken", "now"],
]);

/** Refuses an unknown name: misspelt `secrets` would leave an account to its token alone. */
function checkNames(account) {
  const unknown = Object.keys(account).find((name) => !NAMES.has(name));
  if (unknown === undefined) return;
  if (unknown === "secret")
    throw unusable("`secret` is not a setting of an account: give `secrets`");
  // A text of another form may be a secret that was pasted in the place of a name.
  const named = /^[a-z_]{1,24}$/i.test(unknown) ? `\`${unknown}\`` : "one of the names";
  throw unusable(`${named} is neither a setting of an account nor a part of a delivery`);
}

/**
 * Checks that the provider signs with a private key, and that no secrets stand beside the address. Anyone knows the keys that are
 * fetched: as a shared secret, they would let anyone sign.
 */
function checkJwks(definition, scheme, account) {
  const [, form] = call(() => prepared(definition, scheme).about());
  if (form !== "public_key")
    throw unusable("`jwks` must go: this provider does not sign with a private key");
  if ("secrets" in account) throw unusable("give `secrets` or `jwks`, not both");
}

/** Returns the settings as one text. Each part is preceded by its length, so that different settings give different texts. */
export function encoded({ definition, scheme, source, secrets, ...rest }) {
  const { name, text, isDeclared } = definition;
  const provider = part(name) + part(isDeclared ? text : undefined) + part(scheme);
  const { token, utcOffset, registeredUrl, tokenHeader } = rest;
  const others = [source, token, utcOffset, registeredUrl, tokenHeader].map(part).join("");
  return secrets.reduce((before, secret) => before + part(secret), provider + others);
}

const part = (text) => (text === undefined ? "-" : `${text.length}:${text}`);

const SECRETS_LEFT_OUT = "leave `secrets` out only where nothing is signed";
const TOKEN_LEFT_OUT = "leave `token` out only where a signature alone proves deliveries";

function secretsOf(given) {
  if (typeof given === "string") return [given];
  if (isMissing(given)) throw unset(`\`secrets\` is ${given}`, SECRETS_LEFT_OUT);
  if (!Array.isArray(given))
    throw unusable(`\`secrets\` is ${kind(given)}: give a string, or an array of strings`);
  const secrets = Array.from(given, secretOf);
  if (secrets.length > 0) return secrets;
  throw unusable(
    `\`secrets\` is an empty array: no variable it came from is set; ${SECRETS_LEFT_OUT}`,
  );
}

function secretOf(given, at) {
  if (typeof given === "string") return given;
  if (isMissing(given)) throw unset(`secret ${at + 1} is ${given}`, "leave out what is not set");
  throw unusable(`secret ${at + 1} is ${kind(given)}: give a string`);
}

function tokenOf(given) {
  if (typeof given === "string") return given;
  if (isMissing(given)) throw unset(`\`token\` is ${given}`, TOKEN_LEFT_OUT);
  throw unusable(`\`token\` is ${kind(given)}: give a string`);
}

const addressOf = (given) => (given === undefined ? undefined : keysAddress(given));
const urlText = (given) => (given instanceof URL ? given.href : given);

/** Returns the text of an optional setting. */
export function setting(name, value) {
  if (isMissing(value)) return undefined;
  if (typeof value === "string") return value;
  throw unusable(`\`${name}\` is ${kind(value)}: give a string`);
}

const isMissing = (value) => value === undefined || value === null;
const unset = (what, otherwise) =>
  unusable(`${what}: the variable it came from is not set; ${otherwise}`);
const unusable = (why) => new WebhookError("source_not_configured", why);

/** Names the type of a value that is not a string. Leaves out the value, which may be a secret. */
function kind(value) {
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Names of hosts that keys are never fetched from. */
const OWN = /(^|\.)(localhost|local|internal|lan|home|corp|test|invalid|onion)$/;

/** Checks an address that keys are fetched from: https, at a public name, with the usual port. */
function keysAddress(given) {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const host = url?.hostname ?? "";
  const isName = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(host) && !OWN.test(host);
  const isBare = url?.username === "" && url.password === "" && url.port === "";
  if (url?.protocol === "https:" && isName && isBare) return url.href;
  throw unusable(
    "`jwks` must be an https address at a public name, as `https://acme.example/jwks.json`",
  );
}
