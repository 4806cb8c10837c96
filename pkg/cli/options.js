// Parses the arguments. A text typed in a value's place is never repeated: it may be a secret.
import { parseArgs } from "node:util";
import { meant, wrongUsage } from "./failure.js";
import { paragraph } from "./table.js";

const text = { type: "string" };
const many = { type: "string", multiple: true };
const flag = { type: "boolean" };

/** The options of every command. */
export const COMMON = { json: flag, help: { type: "boolean", short: "h" } };
/** The options that name a captured delivery. */
export const CAPTURED = { header: { ...many, short: "H" }, body: text, data: text, url: text };
export const SECRETS = { secret: many, "secret-env": many, "secret-file": many };
export const TOKEN = { token: many, "token-env": many, "token-file": many };
export const OTHER_SECRETS = { "other-secret-env": many, "other-secret-file": many };
/** The options of an account, and the time. */
export const ACCOUNT = {
  provider: text,
  scheme: text,
  ...SECRETS,
  ...TOKEN,
  "registered-url": text,
  source: text,
  "utc-offset": text,
  now: text,
};

/**
 * Parses the arguments after a command's name: `values` by option, `positionals`, and `given`, the options in their order.
 * Node's own strict parsing would repeat values in its messages.
 */
export function parse(args, options, command) {
  const { tokens } = parseArgs({
    args,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = tokens.filter((token) => token.kind === "option");
  const values = {};
  for (const token of given) {
    const option = options[token.name];
    if (!option) throw wrongUsage(unknown(token.rawName, options, command));
    const value = optionValue(token, option);
    values[token.name] = option.multiple ? [...(values[token.name] ?? []), value] : value;
  }
  const positionals = tokens
    .filter((token) => token.kind === "positional")
    .map(({ value }) => value);
  return { values, positionals, given: given.map(({ name, value }) => [name, value]) };
}

function unknown(name, options, command) {
  const names = Object.keys(options).map((name) => `--${name}`);
  return `There is no option ${name}.${meant(name, names)} ${command} --help lists the options.`;
}

function optionValue({ rawName, value, inlineValue }, { type }) {
  if (type === "boolean") {
    if (value !== undefined) throw wrongUsage(`${rawName} takes no value.`);
    return true;
  }
  if (value !== undefined && (inlineValue || !/^-./.test(value))) return value;
  throw wrongUsage(
    `${rawName} wants a value behind it; one that begins with a dash is written ${rawName}=<value>.`,
  );
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Returns a time of RFC 3339 in milliseconds since 1970; NaN for any other text. */
const millisOf = (text) =>
  RFC_3339.test(text) ? Date.parse(text.replace(" ", "T").toUpperCase()) : NaN;

/** Returns the time of `--now` in milliseconds since 1970; undefined if the option is missing. */
export function moment({ now }) {
  if (now === undefined) return undefined;
  if (/^\d{1,11}(\.\d+)?$/.test(now)) return Math.round(Number(now) * 1000);
  const millis = millisOf(now);
  if (millis >= 0) return millis;
  throw wrongUsage("--now takes a time as 2024-11-14T12:39:14Z, or in seconds since 1970.");
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Returns the time of an option in milliseconds since 1970; undefined if the option is missing. It is a moment, a day in UTC, or how
 * long ago it was.
 */
export function instant(name, value, now) {
  if (value === undefined) return undefined;
  const [, count, unit] = value.match(/^(\d{1,6})([smhd])$/) ?? [];
  if (unit) return now - Number(count) * UNITS[unit];
  const millis = millisOf(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : value);
  if (millis >= 0) return millis;
  throw wrongUsage(
    `--${name} takes a time as 2024-11-14T12:39:14Z, a day as 2024-11-14, or how long ago, as 30m, 24h or 7d.`,
  );
}

/** Returns the known provider of that name. */
export function providerOf(name, known) {
  const names = known.map(({ name }) => name);
  const found = known.find((provider) => provider.name === name);
  if (found) return found;
  if (/\.(?:toml|json)$/.test(name))
    throw wrongUsage(
      "--provider takes the name of a built-in provider. orderhook check <file> --delivery <file> verifies with a definition.",
    );
  const all = `There are:\n${paragraph(names)}`;
  if (name === undefined) throw wrongUsage(`Name a provider with --provider. ${all}`);
  throw wrongUsage(`There is no provider "${name}".${meant(name, names)} ${all}`);
}

/** Returns a provider as it signs in the scheme of that name; the provider itself, if no scheme is named. */
export function withScheme(provider, name) {
  if (name === undefined) return provider;
  const { schemes } = provider;
  const found = schemes.find((scheme) => scheme.name === name);
  if (found && found.name !== null)
    return { ...provider, ...found, name: provider.name, scheme: name };
  if (schemes.length === 1)
    throw wrongUsage(`${provider.name} has one scheme, which has no name: leave --scheme.`);
  const names = schemes.map((scheme) => scheme.name);
  throw wrongUsage(
    `${provider.name} has no such scheme.${meant(name, names)} There are ${names.join(", ")}.`,
  );
}
