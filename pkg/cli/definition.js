// A definition of a provider, in a file of TOML or of JSON.
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { parse } from "../dist/toml.js";
import { unreadable, wrongUsage } from "./failure.js";
import { NAME } from "./slug.js";

/**
 * Reads a definition: an object with the provider's `name`, as the package takes it. Returns `{ definition }`, or
 * `{ wrong: { key, text } }` for a file that is not TOML, or not JSON.
 */
export async function definitionIn(path) {
  const name = nameOf(path);
  const text = await read(path);
  try {
    return objectOf(name, path.endsWith(".toml") ? parse(text) : JSON.parse(text));
  } catch (error) {
    return { wrong: { key: placeOf(error), text: reasonOf(error) } };
  }
}

function objectOf(name, definition) {
  if (definition === null || typeof definition !== "object" || Array.isArray(definition))
    return { wrong: { key: "line 1", text: "a definition is an object" } };
  const wrong = foreign(definition, "");
  if (wrong) return { wrong };
  // A wrong name in the file is left for the check to find.
  const isNamed = definition.name === undefined || NAME.test(definition.name);
  return { definition: isNamed ? { ...definition, name } : definition };
}

/** Returns the name of a provider's file: its own, or its folder's if that is the name of every definition. */
function nameOf(path) {
  if (!/\.(?:toml|json)$/.test(path))
    throw wrongUsage(`${path}: a definition is a file that ends with .toml or .json.`);
  const own = basename(path, extname(path));
  const name = own === "provider" ? basename(dirname(resolve(path))) : own;
  if (NAME.test(name)) return name;
  throw wrongUsage(
    `A provider is named after its file, or after the folder of its provider.toml: 1 to 32 of a-z, 0-9 and "-".`,
  );
}

async function read(path) {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw unreadable(`${path} cannot be read (${error.code}).`);
  }
}

const placeOf = ({ line, column, message }) => {
  const at = line ?? message.match(/\bline (\d+)/)?.[1];
  return at === undefined ? "the file" : `line ${at}${column ? `, column ${column}` : ""}`;
};

// Other lines of it repeat the file.
const reasonOf = ({ message }) => message.split("\n")[0].replace(/^Invalid TOML document: /, "");

/** Returns the first value that TOML has and JSON does not. */
function foreign(value, key) {
  const text =
    value instanceof Date
      ? "a definition has no dates; write a text in quotes"
      : "not a number that JSON has";
  if (value instanceof Date || (typeof value === "number" && !Number.isFinite(value)))
    return { key, text };
  if (value === null || typeof value !== "object") return undefined;
  const named = (name) =>
    Array.isArray(value) ? `${key}[${name}]` : [key, name].filter(Boolean).join(".");
  for (const [name, inner] of Object.entries(value)) {
    const found = foreign(inner, named(name));
    if (found) return found;
  }
  return undefined;
}
