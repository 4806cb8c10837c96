// `node scripts/reference.js`: writes docs/definitions.md, the reference of definitions, from providers/schema.json.
//
//   node scripts/reference.js               writes it anew
//   node scripts/reference.js --check       fails if it is not up to date
import { readFileSync, writeFileSync } from "node:fs";
import { AT, LIMITS, RULES, TIMES, TOP } from "./lib/definition-rules.js";
import { main, say, Stop } from "./lib/command.js";
import { inRoot } from "./setup.js";

const FILE = "docs/definitions.md";

export const SCHEMA = JSON.parse(readFileSync(inRoot("providers/schema.json"), "utf8"));

/** The forms of a value, in the order in which they are shown. */
const FORMS = ["header_value", "query_value", "text_value", "join", "element", "cut", "hash"];

/** Returns the reference. */
export function reference({ properties, required, $defs: defs } = SCHEMA) {
  const keysOf = (name, leftOut) => keys(defs[name], leftOut);
  const section = (title, name) => `## ${title}\n\n${defs[name].description}\n\n${keysOf(name)}`;
  return [
    TOP,
    `## The file\n\n${keys({ properties, required })}`,
    `## Values\n\n${AT}\n\n${values(defs)}`,
    `### Flags\n\n${defs.comparison.description}\n\n${keysOf("comparison")}`,
    TIMES,
    section("`[event]`", "event"),
    `An \`id\` may also be a join of its own kind:\n\n${keysOf("id_join")}`,
    section("`[order]`", "order"),
    section("`[status]`", "status"),
    `### \`[status.words]\`\n\n${defs.words.description}\n\n${keysOf("words")}`,
    section("`[items]`", "items"),
    section("`[total]`", "money"),
    section("`[customer]`", "customer"),
    section("`[driver]` and `[pickup]`", "contact"),
    schemes(defs),
    `## \`[[handshake]]\`\n\n${defs.echo.description}\n\n${keysOf("echo")}`,
    `${defs.post.description}\n\n${keysOf("post")}`,
    section("`[answer]`", "answer").trimEnd(),
    RULES,
    LIMITS,
  ]
    .map((part) => part.trimEnd())
    .join("\n\n")
    .concat("\n");
}

function schemes(defs) {
  const { hmac, digest, header_list: list, token, token_place, url_token, signature, age } = defs;
  const { public_key: publicKey, http_signature: httpSignature } = defs;
  const kind = ({ properties, description }) =>
    `\`${toml(properties.type.const)}\`: ${description}`;
  const shown = ["name", "key", "redact"];
  const shared = [...shown, "signature", "age"];
  return [
    "## `[scheme]`",
    `### ${kind(hmac)}`,
    keys(hmac),
    `\`signature\`: ${signature.description}`,
    keys(signature),
    `\`age\`: ${age.description}`,
    keys(age),
    `### ${kind(digest)}`,
    keys(digest, shared),
    `### ${kind(publicKey)}`,
    keys(publicKey, [...shown, "age"]),
    `### ${kind(httpSignature)}`,
    keys(httpSignature, shown),
    `### ${kind(list)}`,
    keys(list, shown),
    `### ${kind(token)}`,
    keys(token, shown),
    `\`token\`: ${token_place.description}`,
    keys(token_place),
    `### ${kind(url_token)}`,
    keys(url_token, shown),
  ]
    .join("\n\n")
    .replaceAll(/^### (`[^`]+`): /gm, "### $1\n\n");
}

function values(defs) {
  const { description, examples } = defs.place;
  return table([
    ["form", "value"],
    [examples.map((example) => `\`${toml(example)}\``).join("<br>"), description],
    [
      '`["/order_id", "/id"]`',
      "The first of up to 4 values that is there; as a time, the first that is a time.",
    ],
    ...FORMS.map((name) => form(defs[name])),
  ]);
}

/** Returns the row of a value that is a table: an example with all of its keys, and what they say. */
function form({ description, properties }) {
  const told = Object.entries(properties).map(([key, property]) => ({
    key,
    ...parts(property.description),
  }));
  const said = told.map(({ key, text }) =>
    told.length > 1 ? `<br>\`${key}\`: ${text}` : ` ${text}`,
  );
  const example = told.map(({ example }) => example).join(", ");
  return [`\`{ ${example} }\``, description + said.join("")];
}

/** Returns the table of an object's keys. `at` and the keys in `leftOut` are described elsewhere. */
function keys({ properties, required = [] }, leftOut = []) {
  const rows = Object.entries(properties)
    .filter(([key]) => key !== "at" && !leftOut.includes(key))
    .map(([key, { description }]) => {
      const { text, example } = parts(description);
      return [`\`${key}\`${required.includes(key) ? " *" : ""}`, text, `\`${example}\``];
    });
  return table([["key", "", "example"], ...rows]);
}

/** Returns what a description says, and its example. */
export function parts(description) {
  const [, text, example] = description.match(/^(.*) Example: `(.*)`$/s) ?? [];
  if (example === undefined) throw new Stop(`This description has no example: ${description}`);
  return { text, example };
}

const toml = (value) => JSON.stringify(value);

export function table([head, ...rows]) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

await main(import.meta.url, ([option]) => {
  const made = reference();
  if (option !== "--check") {
    writeFileSync(inRoot(FILE), made);
    return say(`${FILE} is written.`);
  }
  if (readFileSync(inRoot(FILE), "utf8") !== made)
    throw new Stop(
      `${FILE} is not what providers/schema.json says: run node scripts/reference.js.`,
    );
  return say(`${FILE} is up to date.`);
});
