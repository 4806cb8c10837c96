// `npm run docs`: writes docs/providers/, and what README.md, docs/javascript.md, pkg/index.d.ts and the form for bugs say of each
// provider, from `providers/`.
//
//   npm run docs               writes the pages and the lines between the markers anew
//   npm run docs -- --check    fails if they are not up to date
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { catalogue } from "./lib/catalogue.js";
import { main, say, Stop } from "./lib/command.js";
import { profiles } from "./lib/profile.js";
import { PAGES, pages } from "./lib/provider-pages.js";
import { inRoot } from "./setup.js";

const SIGNED = { secrets: "needed", token: "may be added", needs: "`secrets`" };
const BY_KEY = {
  ...SIGNED,
  secrets: "its public keys, or `jwks`",
  needs: "`secrets` or `jwks`",
  key: "public_key",
};

/** Each type of scheme, as the tables tell it. */
const SCHEMES = {
  hmac: { ...SIGNED, authenticates: "body" },
  digest: { ...SIGNED, authenticates: "body" },
  /** Of `hmac` and `digest`, where the body is not among the signed parts. */
  fields: { ...SIGNED, authenticates: "fields" },
  token: { ...SIGNED, authenticates: "token" },
  "public-key": { ...BY_KEY, authenticates: "body" },
  "http-signature": { ...BY_KEY, authenticates: "body" },
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

/** The generated regions: a file, the marks around its lines, and what makes those of every provider. */
const REGIONS = [
  { file: "README.md", begin: BEGIN, end: END, made: settings },
  { file: "docs/javascript.md", begin: BEGIN, end: END, made: accounts },
  { file: "pkg/index.d.ts", begin: "// providers\n", end: "// end of providers\n", made: union },
  {
    file: ".github/ISSUE_TEMPLATE/bug.yml",
    begin: "        # providers\n",
    end: "        # end of providers\n",
    made: choices,
  },
];

/** Schemes with the same settings share a row. */
function settings(all) {
  const cells = ({ secrets, token, signsUrl }) => [
    `${secrets}${signsUrl ? ", and `url`" : ""}`,
    token,
  ];
  const name = (provider, scheme, at) =>
    `[\`${provider}\`](docs/providers/${provider}.md)${at > 0 ? ` (\`scheme = "${scheme.name}"\`)` : ""}`;
  const named = all.flatMap((provider) =>
    provider.schemes.map((scheme, at) => [name(provider.name, scheme, at), cells(scheme)]),
  );
  return table([
    ["`secrets`", "`token`", "providers"],
    ...grouped(named).map(([names, cells]) => [...cells, names]),
  ]);
}

/** Providers with the same settings share a row. */
function accounts(all) {
  const named = all.map(({ name, schemes }) => [`\`${name}\``, needed(schemes[0])]);
  const rows = grouped(named).map(([names, cells]) => [names, ...cells]);
  return table([["provider", "`authenticates`", "`secret`", "needs"], ...rows]);
}

/** Returns the names that have the same cells, in one text, and these cells. */
function grouped(named) {
  const groups = new Map();
  for (const [name, cells] of named) {
    const group = groups.get(cells.join(" | ")) ?? { names: [], cells };
    group.names.push(name);
    groups.set(cells.join(" | "), group);
  }
  return [...groups.values()].map(({ names, cells }) => [names.join(", "), cells]);
}

const needed = ({ key, authenticates, needs, signsUrl }) => [
  `\`${authenticates}\``,
  authenticates === "url_token" ? "none" : `\`${key}\``,
  `${needs}${signsUrl ? " and `registeredUrl`" : ""}${key === "whsec" ? ", as `whsec_…`" : ""}`,
];

function union(all) {
  const names = all.map(({ name }) => `\n  | "${name}"`);
  return `/** A provider's name. */\nexport type ProviderName =${names.join("")};\n`;
}

/** Returns the names as the choices of a form. */
function choices(all) {
  return all.map(({ name }) => `        - "${name}"\n`).join("");
}

function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  return [line(head), `|${head.map(() => "---|").join("")}\n`, ...rows.map(line)].join("");
}

/** Returns every provider: its name, and its schemes as the tables tell them. */
function told(providers) {
  return providers.map(({ name, definition: { scheme } }) => ({
    name,
    schemes: [scheme].flat().map((one) => schemeAs(one, name)),
  }));
}

function schemeAs({ type, name, key = "utf8", signs = ["body"], shared_keys }, provider) {
  const kind = signs.includes("body") ? type : "fields";
  if (SCHEMES[kind] === undefined)
    throw new Stop(
      `providers/${provider} has the scheme "${type}": tell of it in scripts/docs.js.`,
    );
  const shared = shared_keys
    ? { token: "needed", needs: `${SCHEMES[kind].needs}, and \`token\`` }
    : {};
  return {
    key,
    ...SCHEMES[kind],
    ...shared,
    name,
    signsUrl: signs.includes("url") || signs.includes("path"),
  };
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

/** Returns every generated file as it should be, by its path. `read` returns the text of a file. */
export function generated(read) {
  const providers = catalogue();
  const files = [...new Set(REGIONS.map(({ file }) => file))];
  /** @type {[string, string][]} */
  const told = files.map((file) => [file, written(file, providers, read)]);
  return new Map([...told, ...pages(profiles())]);
}

/** Returns the pages of providers that are no more. */
const leftOver = (made) =>
  readdirSync(inRoot(PAGES))
    .map((name) => `${PAGES}/${name}`)
    .filter((path) => !made.has(path));

await main(import.meta.url, ([option]) => {
  const read = (file) => (existsSync(inRoot(file)) ? readFileSync(inRoot(file), "utf8") : "");
  mkdirSync(inRoot(PAGES), { recursive: true });
  const made = generated(read);
  const changed = [...made].filter(([file, text]) => text !== read(file));
  const gone = leftOver(made);
  const names = [...changed.map(([file]) => file), ...gone].join(", ");
  if (names === "") return say(`Up to date: ${made.size} files.`);
  if (option === "--check")
    throw new Stop(`Not up to date: ${names}. Run \`npm run docs\`, and commit what it changes.`);
  for (const [file, text] of changed) writeFileSync(inRoot(file), text);
  for (const file of gone) rmSync(inRoot(file));
  return say(`Written: ${names}`);
});
