// A dead letter: a message as it was peeked at, and the event in it.
import { parsed } from "./json.js";

/**
 * Reads a message: its `id`, `ref`, `since`, `attempts`, the content type `type`, its `text`, and its `event`. Null is the text
 * of a message that is none, which the API shows as little as it takes it, and the event of one that is no event.
 */
export function letterOf({ id, ref, timestamp_ms, attempts, body, metadata }) {
  const type = metadata?.["CF-Content-Type"] ?? "json";
  const text = textOf(type, body);
  const value = text === null ? undefined : parsed(text);
  return {
    id,
    ref,
    since: timestamp_ms,
    attempts,
    type,
    text,
    event: isEvent(value) ? value : null,
  };
}

function textOf(type, body) {
  if (typeof body !== "string") return null;
  if (type === "text") return body;
  if (type !== "json") return null;
  // JSON comes in base64, or as it is; no JSON text is another one's base64.
  const decoded = Buffer.from(body, "base64").toString();
  return [body, decoded].find((text) => parsed(text) !== undefined) ?? null;
}

/** The test of the Worker's own consumer. */
const isEvent = (value) =>
  isObject(value) &&
  isObject(value.data) &&
  ["source", "id", "type", "time"].every((name) => typeof value[name] === "string");

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
