// `npm run docs`: writes what README.md, pkg/README.md and pkg/index.d.ts say of each provider, from `providers/`.
//
//   npm run docs               writes the lines between the markers anew
//   npm run docs -- --check    fails if they are not up to date
import { readFileSync, writeFileSync } from "node:fs";
import { catalogue } from "./lib/catalogue.js";
import { main, say, Stop } from "./lib/command.js";
import { inRoot } from "./setup.js";

const SIGNED = { secrets: "needed", token: "may be added", needs: "`secrets`" };

/** Each type of scheme, as the tables tell it. */
const SCHEMES = {
  hmac: { ...SIGNED, authenticates: "body" },
  digest: { ...SIGNED, authenticates: "body" },
  "http-signature": { ...SIGNED, secrets: "needed: public keys", authenticates: "body" },
  "public-key": { ...SIGNED, secrets: "needed: public keys", authenticates: "body" },
  /** Of `hmac` and `digest`, where the body is not among the signed parts. */
  fields: { ...SIGNED, authenticates: "fields" },
  token: { ...SIGNED, authenticates: "token" },
  "header-list": {
    authenticates: "headers",
    secrets: "needed, or a token",
    token: "needed, or a secret; use both",
    needs: "`secrets` or `token`, better both",
  },
  "url-token": {
    authenticates: "url_token",
    secrets: "none: it signs nothing",
    token: "needed",
    needs: "`token`",
  },
};

const BEGIN = "<!-- providers -->\n";
const END = "<!-- /providers -->\n";
const BEGIN_NAMES = "<!-- provider names -->";
const END_NAMES = "<!-- /provider names -->";

/** The generated regions: a file, the marks around its lines, and what makes those of every provider. */
const REGIONS = [
  { file: "README.md", begin: BEGIN, end: END, made: settings },
  { file: "README.md", begin: BEGIN_NAMES, end: END_NAMES, made: inWords },
  { file: "pkg/README.md", begin: BEGIN, end: END, made: accounts },
  { file: "pkg/README.md", begin: BEGIN_NAMES, end: END_NAMES, made: inWords },
  { file: "pkg/index.d.ts", begin: "// providers\n", end: "// end of providers\n", made: union },
];

function settings(all) {
  const rows = all.map(({ name, scheme: { secrets, token } }) => [
    `[\`${name}\`](providers/${name}/README.md)`,
    secrets,
    token,
  ]);
  return table([["provider", "`secrets`", "`token`"], ...rows]);
}

function accounts(all) {
  const rows = all.map(({ name, key, scheme: { authenticates, needs } }) => [
    `\`${name}\``,
    `\`${authenticates}\``,
    authenticates === "url_token" ? "none" : `\`${key}\``,
    `${needs}${key === "whsec" ? ", as `whsec_…`" : ""}`,
  ]);
  return table([["provider", "`authenticates`", "`secret`", "needs"], ...rows]);
}

function inWords(all) {
  const names = all.map(({ name }) => `\`${name}\``);
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function union(all) {
  const names = all.map(({ name }) => `\n  | "${name}"`);
  return `/** A provider's name. */\nexport type ProviderName =${names.join("")};\n`;
}

function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  return [line(head), `|${head.map(() => "---|").join("")}\n`, ...rows.map(line)].join("");
}

/** Returns every provider: its name, its first scheme as the tables tell it, and the form of its secrets. */
function told(providers) {
  return providers.map(({ name, definition }) => {
    const { type, key = "utf8", signs } = [definition.scheme].flat()[0];
    const kind = type !== "public-key" && signs && !signs.includes("body") ? "fields" : type;
    if (SCHEMES[kind]) return { name, key, scheme: SCHEMES[kind] };
    throw new Stop(`providers/${name} has the scheme "${type}": tell of it in scripts/docs.js.`);
  });
}

/** Returns the text of a file with its regions written anew. `read` returns the text of a file. */
export function written(file, providers, read) {
  const all = told(providers);
  return REGIONS.filter((region) => region.file === file).reduce((text, { begin, end, made }) => {
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from)
      throw new Stop(`${file} lacks "${begin.trim()}" or "${end.trim()}".`);
    return text.slice(0, from + begin.length) + made(all) + text.slice(to);
  }, read(file));
}

export const FILES = [...new Set(REGIONS.map(({ file }) => file))];

await main(import.meta.url, ([option]) => {
  const read = (file) => readFileSync(inRoot(file), "utf8");
  const providers = catalogue();
  const changed = FILES.map((file) => [file, written(file, providers, read)]).filter(
    ([file, text]) => text !== read(file),
  );
  const names = changed.map(([file]) => file).join(", ");
  if (option === "--check" && changed.length > 0)
    throw new Stop(`Not up to date: ${names}. Run \`npm run docs\`, and commit what it changes.`);
  for (const [file, text] of changed) writeFileSync(inRoot(file), text);
  say(changed.length > 0 ? `Written: ${names}` : `Up to date: ${FILES.join(", ")}`);
});
