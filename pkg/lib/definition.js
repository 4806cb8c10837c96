// Definitions: those of the package, by name, and those that a caller declares. Each is parsed once for its accounts.
import { Definition } from "../dist/orderhook.js";
import { definitions } from "../dist/providers.js";
import { call } from "./core.js";
import { WebhookError } from "./error.js";

/** The most characters of a definition. The core limits its bytes, too. */
const MAX_CHARACTERS = 16 * 1024;
const MAX_RECENT = 32;

/** The names of the package's providers. */
export const names = Object.keys(definitions);

const isBuiltIn = (name) => Object.hasOwn(definitions, name);

/**
 * Returns the name and the text of a provider: of the package's with this name, or of a declared one, an object.
 *
 * @param {unknown} provider
 * @returns {{ name: string, text: string, isDeclared: boolean }}
 */
export function definitionOf(provider) {
  if (typeof provider !== "object" || provider === null) return builtIn(String(provider));
  const { fault, ...definition } = declared(provider);
  if (fault === undefined) return definition;
  const { key, text } = fault;
  throw new WebhookError("invalid_definition", key === "" ? text : `${key}: ${text}`);
}

function builtIn(name) {
  if (isBuiltIn(name)) return { name, text: definitions[name], isDeclared: false };
  throw new WebhookError(
    "unknown_provider",
    `there is no such provider: there are ${names.join(", ")}; or give a definition`,
  );
}

/** Returns the name and the text of a declared provider, or what is wrong with it before the core has read it. */
export function declared(provider) {
  if (typeof provider !== "object" || provider === null)
    return faulty("", "a definition is a table");
  const text = written(provider);
  if (text === undefined) return faulty("", "a definition is what JSON can hold");
  // It is not copied any further.
  if (text.length > MAX_CHARACTERS) return faulty("", "a definition has at most 16 KB");
  const definition = JSON.parse(text);
  if (definition === null || typeof definition !== "object" || Array.isArray(definition))
    return faulty("", "a definition is a table");
  if (!Object.hasOwn(definition, "name")) return faulty("name", "missing");
  const { name, ...rest } = definition;
  if (typeof name !== "string") return faulty("name", "expected a text");
  if (!isBuiltIn(name)) return { name, text, isDeclared: true };
  if (isSame(rest, JSON.parse(definitions[name]))) return builtIn(name);
  return faulty("name", "a built-in provider cannot be redefined: choose another name");
}

const faulty = (key, text) => ({ name: "", text: "", isDeclared: true, fault: { key, text } });

/** Returns a value as JSON; undefined if JSON cannot hold it. */
function written(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Returns whether two values are the same JSON, in any order of keys. The name of a definition does not count. */
function isSame(one, other) {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null)
    return one === other;
  const keys = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  );
}

/**
 * Returns the names of a definition's schemes; null for the only one, which has no name.
 *
 * @returns {(string | null)[]}
 */
export const schemeNames = ({ text }) =>
  [JSON.parse(text).scheme].flat().map(({ name = null }) => name);

/** The package's definitions that were parsed, by their names and schemes. */
const parsed = new Map();

/** The declared definitions that were parsed last, by name, scheme and text. */
const recent = new Map();

/**
 * Returns a parsed definition; `scheme` names one of its schemes. It is for use at once: a later call may free it.
 *
 * @param {{ name: string, text: string, isDeclared: boolean }} definition
 * @param {string} [scheme]
 * @returns {Definition}
 */
export function prepared({ name, text, isDeclared }, scheme = "") {
  const cache = isDeclared ? recent : parsed;
  const key = `${name}\n${scheme}\n${isDeclared ? text : ""}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const named = scheme === "" ? undefined : scheme;
  const made = call(() => new Definition(name, text, named, isDeclared));
  if (isDeclared && recent.size === MAX_RECENT) forgetOldest();
  cache.set(key, made);
  return made;
}

function forgetOldest() {
  const [[key, definition]] = recent;
  recent.delete(key);
  try {
    definition.free();
  } catch {
    // The core is using it: the `get` of a delivery's headers called this package.
  }
}
