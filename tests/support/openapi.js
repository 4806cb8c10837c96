// Holds answers to docs/openapi.yaml.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

const NAME = "openapi.yaml";

/** The document, as data. */
export const DOCUMENT = parse(
  readFileSync(new URL("../../docs/openapi.yaml", import.meta.url), "utf8"),
);

const METHODS = ["get", "post", "put", "patch", "delete"];

// Not strict: the document has a description beside a `$ref`, and `type` in the one place and `enum` in the other.
const ajv = new Ajv({ allErrors: true, strict: false });
addFormats(ajv);
ajv.addSchema(DOCUMENT, NAME);

/** Returns what checks a value against the schema at a place of the document. */
export const schemaAt = (...places) => ajv.compile({ $ref: `${NAME}#${pointer(places)}` });

const pointer = (places) =>
  places
    .map((place) => `/${encodeURIComponent(place.replaceAll("~", "~0").replaceAll("/", "~1"))}`)
    .join("");

/** Returns an object of the document, or what its `$ref` names. */
export function resolved(object) {
  if (!object?.$ref) return object;
  const places = object.$ref.slice(2).split("/");
  return places.reduce((part, place) => part[place], DOCUMENT);
}

/** Every operation: its `method`, its `template`, what it `is`, and a `pattern` of its path. */
export const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([template, item]) =>
  METHODS.filter((method) => method in item).map((method) => ({
    method: method.toUpperCase(),
    template,
    is: item[method],
    parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(resolved),
    pattern: new RegExp(`^${template.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
  })),
);

/** Returns the operation of a request; undefined if the document has none. */
export const operationOf = (method, path) =>
  OPERATIONS.find((operation) => operation.method === method && operation.pattern.test(path));

/**
 * Throws unless the document describes this answer: its status, its headers, its content type and its body. `headers` is an object
 * with names in lower case.
 */
export function assertAnswer(method, path, { status, headers, text }) {
  const what = `${method} ${path} ${status}`;
  const operation = operationOf(method, path);
  const problem = () => assertBody(what, PROBLEM, JSON.parse(text));
  if (!operation) {
    assert.ok([401, 404, 405, 503].includes(status), `${what}: there is no such operation`);
    return problem();
  }
  const response = resolved(operation.is.responses[status]);
  assert.ok(response, `${what}: the document has no such status`);
  assertHeaders(what, response, headers);
  if (!response.content) return assert.equal(text, "", what);
  const type = headers["content-type"]?.split(";")[0];
  assert.ok(type in response.content, `${what}: the document has no ${type}`);
  if (!/\bjson$/.test(type) || type.includes("ndjson")) return undefined;
  return assertBody(what, validatorOf(operation, status, type), JSON.parse(text));
}

function assertHeaders(what, response, headers) {
  for (const [name, { schema }] of Object.entries(response.headers ?? {})) {
    // Node has the cookies that an answer sets as a list.
    const [value] = [headers[name.toLowerCase()]].flat();
    if (value === undefined) continue;
    const read = schema.type === "integer" ? Number(value) : value;
    assert.ok(ajv.validate(schema, read), `${what}: ${name} ${value}`);
  }
}

const PROBLEM = schemaAt("components", "schemas", "Problem");
const compiled = new Map();

function validatorOf({ method, template, is }, status, type) {
  const key = `${method} ${template} ${status}`;
  const reference = is.responses[status].$ref;
  const places = reference
    ? [...reference.slice(2).split("/"), "content", type, "schema"]
    : [
        "paths",
        template,
        method.toLowerCase(),
        "responses",
        String(status),
        "content",
        type,
        "schema",
      ];
  if (!compiled.has(key)) compiled.set(key, schemaAt(...places));
  return compiled.get(key);
}

function assertBody(what, validate, value) {
  if (validate(value)) return;
  const errors = validate.errors.map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  assert.fail(
    `${what}: not as the document describes it:\n${errors.join("\n")}\n${JSON.stringify(value, null, 2)}`,
  );
}
