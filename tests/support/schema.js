// Checks events against pkg/event.schema.json, and against the rules of CloudEvents 1.0 for any event.
import { readFileSync } from "node:fs";
import AjvDraft7 from "ajv";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export const SCHEMA = JSON.parse(
  readFileSync(new URL("../../pkg/event.schema.json", import.meta.url), "utf8"),
);

/** The schema as it is published: properties may be added. */
export const published = compile(SCHEMA);

const closed = compile(strictCopy(SCHEMA));

/** The schema that the CloudEvents project publishes (cloudevents/spec, `cloudevents/formats/cloudevents.json`, Apache-2.0). */
const official = officialSchema();

function officialSchema() {
  const ajv = new AjvDraft7({ allErrors: true, strict: false });
  addFormats(ajv);
  return ajv.compile(
    JSON.parse(
      readFileSync(new URL("../vectors/cloudevents.schema.json", import.meta.url), "utf8"),
    ),
  );
}

/** The characters that the type String of CloudEvents forbids: control characters, noncharacters and lone surrogates. */
const FORBIDDEN = /\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}/u;

/** Returns the errors in an event by the rules of CloudEvents 1.0. */
export function cloudEventErrors(event) {
  const errors = official(event)
    ? []
    : official.errors.map(({ instancePath, message }) => `CloudEvents: ${instancePath} ${message}`);
  const { data, ...attributes } = event;
  const forbidden = Object.entries(attributes).filter(
    ([, value]) => typeof value === "string" && FORBIDDEN.test(value),
  );
  return [
    ...errors,
    ...forbidden.map(([name]) => `CloudEvents: ${name} holds a character that no string may hold`),
  ];
}

/**
 * Throws if `event` breaks the schema, has a property that the schema does not describe, or breaks the rules of
 * CloudEvents.
 */
export function assertEvent(event) {
  const broken = cloudEventErrors(event);
  if (broken.length > 0)
    throw new Error(`not an event:\n${broken.join("\n")}\n${JSON.stringify(event, null, 2)}`);
  if (closed(event)) return;
  const errors = closed.errors.map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  throw new Error(`not an event:\n${errors.join("\n")}\n${JSON.stringify(event, null, 2)}`);
}

/** Closes every object, so that a field that the code has and the schema does not is found. */
function strictCopy(schema) {
  if (Array.isArray(schema)) return schema.map(strictCopy);
  if (schema === null || typeof schema !== "object") return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, strictCopy(value)]),
  );
  // Not `additionalProperties`, which ignores the properties that an `allOf` or a `oneOf` beside it describes.
  return schema.type === "object" ? { ...copy, unevaluatedProperties: false } : copy;
}

function compile(schema) {
  // Without `strictTypes` and `strictRequired`: a part that others are added to does not repeat their statements.
  const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  addFormats(ajv);
  return ajv.compile(schema);
}
