// Holds events to pkg/event.schema.json.
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export const SCHEMA = JSON.parse(readFileSync(new URL("../../pkg/event.schema.json", import.meta.url), "utf8"));

/** The schema as it is published: properties may be added. */
export const published = compile(SCHEMA);

const closed = compile(strictCopy(SCHEMA));

/** Throws where `event` breaks the schema, or has a property that the schema does not describe. */
export function assertEvent(event) {
  if (closed(event)) return;
  const errors = closed.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  throw new Error(`not an event:\n${errors.join("\n")}\n${JSON.stringify(event, null, 2)}`);
}

/** Closes every object, so that a field that the code has and the schema does not is found. */
function strictCopy(schema) {
  if (Array.isArray(schema)) return schema.map(strictCopy);
  if (schema === null || typeof schema !== "object") return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strictCopy(value)]));
  // Not `additionalProperties`, which does not see what an `allOf` or a `oneOf` beside it describes.
  return schema.type === "object" ? { ...copy, unevaluatedProperties: false } : copy;
}

function compile(schema) {
  // Without `strictTypes` and `strictRequired`: a part that others are added to does not repeat what they state.
  const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  addFormats(ajv);
  return ajv.compile(schema);
}
