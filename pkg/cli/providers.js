// `orderhook providers`: lists the providers, how each signs, and the names that it uses.
import { providers as known, sign } from "../dist/node.js";
import { wrongUsage } from "./failure.js";
import { JSON_HELP } from "./help.js";
import { providerOf } from "./options.js";
import { madeHeaders } from "./prepare.js";
import { table } from "./table.js";

export const name = "orderhook providers";

export const help = `Usage: orderhook providers [<name>] [options]

Lists the providers and how each signs. With a name, shows that provider's
words.

${JSON_HELP}

It ends with 0, or with 2 when the command is wrong.

Example:
  orderhook providers wegocod
`;

export const options = {};

const SIGNS = {
  body: "signs the body",
  headers: "signs headers of its choice; a digest of the body may be among them",
  fields: "signs parts of the body",
  token: "signs nothing: it sends a token with each delivery",
  url_token: "signs nothing: its URL holds a token",
};

const SECRET = {
  utf8: "any text, taken as it stands",
  base64: "a key in base64",
  hex: "a key in hex",
  whsec: "whsec_ and a key in base64",
  html: "any text, whose HTML entities are decoded",
  public_key: "the provider's public key, as PEM, JWK or JWK set",
  nfkd: "any text, in Unicode's form NFKD",
};

export function run({ positionals }) {
  if (positionals.length > 1) throw wrongUsage("One provider at a time, or none for all.");
  const [name] = positionals;
  const found = name === undefined ? known() : [providerOf(name, known())];
  const about = found.map(withHeaders);
  const words = name === undefined ? "" : wordsOf(about[0]);
  return { ok: true, text: `${about.map(textOf).join("\n")}${words}`, json: { providers: about } };
}

/** Returns a provider's description, with the headers that each of its schemes sends. */
function withHeaders(provider) {
  const schemes = provider.schemes.map(({ name, authenticates, secret }) => ({
    ...{ name, authenticates, secret },
    headers: proofHeaders({
      name: provider.name,
      scheme: name ?? undefined,
      authenticates,
      secret,
    }),
  }));
  return { ...provider, headers: schemes[0].headers, schemes };
}

function proofHeaders(scheme) {
  if (scheme.secret === null) return [];
  const headers = madeHeaders(scheme);
  return [...headers.map(([header]) => header), ...Object.keys(signed(scheme, headers))];
}

/** Texts of which one has the form of each secret: a key, and a user with a password. */
const FORMS = ["abcdabcdabcdabcd", "user:abcdabcdabcdabcd"];

/** Returns the headers of a proof; none if it is in the body, or if only the provider can make it. */
function signed({ name: provider, scheme }, headers) {
  for (const secret of FORMS) {
    try {
      return sign({ provider, scheme, secret, headers, body: "" });
    } catch {
      // The other form may be the right one.
    }
  }
  return {};
}

const textOf = ({ name, schemes }) => `${name}\n${schemes.map(schemeText).join("\n")}`;

function schemeText({ name, authenticates, secret, headers }, at) {
  const rows = [
    ...(headers.length > 0 ? [["headers:", headers.join(", ")]] : []),
    ...(secret === null ? [] : [["secret:", SECRET[secret]]]),
    ...(name === null ? [] : [["scheme:", at === 0 ? `${name}, if none is named` : name]]),
  ];
  return `  ${SIGNS[authenticates]}\n${table(rows)}`;
}

const wordsOf = ({ events, statuses }) => `${listed("event", events)}${listed("status", statuses)}`;

function listed(title, words) {
  if (words.length === 0) return "";
  const rows = words.map(({ text, status, final }) => [text, `${status}${final ? ", final" : ""}`]);
  return `\n${table([[title, "orderhook's status"], ...rows])}`;
}
