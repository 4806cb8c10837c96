// The providers of `providers/`: each one's definition, and its sample deliveries with the events that they become.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { TomlDate, TomlError, parse } from "smol-toml";
import { inRoot, root } from "../setup.js";
import { NAME, captured } from "./cli.js";
import { Stop } from "./command.js";

export const PROVIDERS = inRoot("providers");

/** Returns the providers' names, which are those of the folders that hold a definition. */
export function names(folder = PROVIDERS) {
  const found = readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "provider.toml")))
    .sort();
  const wrong = found.find((name) => !NAME.test(name));
  if (wrong === undefined) return found;
  throw new Stop(
    `${shown(join(folder, wrong))}: a provider's name is 1 to 32 of a-z, 0-9 and "-", and so is its folder's.`,
  );
}

/** Returns every provider: its name, its definition, and that as minimal JSON, as the core reads it. */
export const catalogue = (folder = PROVIDERS) =>
  names(folder).map((name) => {
    const definition = definitionIn(join(folder, name, "provider.toml"));
    return { name, definition, json: JSON.stringify(definition) };
  });

/** Returns the definitions of all providers, by name. */
export const definitions = (folder = PROVIDERS) =>
  new Map(catalogue(folder).map(({ name, definition }) => [name, definition]));

/** Returns the file's definition, in values that JSON has. */
function definitionIn(file) {
  try {
    return plain(parse(readFileSync(file, "utf8")), "");
  } catch (error) {
    throw new Stop(`${shown(file)}${reason(error)}`);
  }
}

/** Returns the place and the first line of an error of the TOML reader, whose other lines repeat the file. */
function reason(error) {
  if (error instanceof TomlError)
    return `:${error.line}:${error.column}: ${error.message.split("\n")[0]}`;
  if (error instanceof Stop) return `: ${error.message}`;
  throw error;
}

/** Copies a value that JSON has too; refuses any other one. */
function plain(value, key) {
  if (value instanceof TomlDate)
    throw new Stop(`${key}: a definition has no dates; write a text in quotes`);
  if (typeof value === "number" && !Number.isFinite(value))
    throw new Stop(`${key}: not a number that JSON has`);
  if (Array.isArray(value)) return value.map((element, at) => plain(element, `${key}[${at}]`));
  if (typeof value !== "object") return value;
  const entry = ([name, inner]) => [name, plain(inner, key ? `${key}.${name}` : name)];
  return Object.fromEntries(Object.entries(value).map(entry));
}

/**
 * Returns a provider's sample deliveries in the order of its events.json, and what proves them. Each delivery has its name, its
 * `method`, `url`, `headers` and `body`, the moment `now` of its receipt, and the `event` that it becomes: null where there is
 * none, and a list where there are several. One that is proved in another way than the others has an `account` of its own.
 */
export async function samples(name, folder = PROVIDERS) {
  const file = join(folder, name, "events.json");
  if (!existsSync(file)) return { deliveries: [] };
  const { deliveries, ...account } = JSON.parse(readFileSync(file, "utf8"));
  const made = [];
  for (const [title, { now, event, account }] of Object.entries(deliveries))
    made.push({ name: title, now, event, account, ...(await deliveryIn(folder, name, title)) });
  return { ...account, deliveries: made };
}

async function deliveryIn(folder, provider, title) {
  const file = join(folder, provider, "deliveries", `${title}.http`);
  if (!existsSync(file)) throw new Stop(`${shown(file)} is missing, which events.json names.`);
  const { headers, body, url } = await captured({ values: {}, positionals: [file] });
  const [method] = readFileSync(file, "latin1").split(" ", 1);
  return { method, url, headers, body };
}

const shown = (path) => relative(root, path);
