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
  const about = found.map((provider) => ({ ...provider, headers: proofHeaders(provider) }));
  const words = name === undefined ? "" : wordsOf(about[0]);
  return { ok: true, text: `${about.map(textOf).join("\n")}${words}`, json: { providers: about } };
}

function proofHeaders({ name, secret }) {
  if (secret === null) return [];
  const headers = madeHeaders({ name });
  return [...headers.map(([header]) => header), ...Object.keys(signed(name, headers))];
}

/** Returns the headers of a proof; none if it is in the body, or if only the provider can make it. */
function signed(name, headers) {
  try {
    // This text has the form of every provider's secrets.
    return sign({ provider: name, secret: "abcdabcdabcdabcd", headers, body: "" });
  } catch {
    return {};
  }
}

function textOf({ name, authenticates, secret, headers }) {
  const signs = `${name}\n  ${SIGNS[authenticates]}\n`;
  if (secret === null) return signs;
  const shown = headers.length > 0 ? `  headers: ${headers.join(", ")}\n` : "";
  return `${signs}${shown}  secret:  ${SECRET[secret]}\n`;
}

const wordsOf = ({ events, statuses }) => `${listed("event", events)}${listed("status", statuses)}`;

function listed(title, words) {
  if (words.length === 0) return "";
  const rows = words.map(({ text, status, final }) => [text, `${status}${final ? ", final" : ""}`]);
  return `\n${table([[title, "orderhook's status"], ...rows])}`;
}
