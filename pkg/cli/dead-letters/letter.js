// A dead letter: a peeked message, and the event in it.

/**
 * Reads a message: its `id`, `ref`, `since`, `attempts`, the content type `type`, its `text`, and its `event`. A message that is
 * not text has null for a text: the API neither shows nor takes it. A message that is not an event has null for an event.
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
  // JSON comes in base64, or unencoded; no JSON text is another one's base64.
  const decoded = Buffer.from(body, "base64").toString();
  return [body, decoded].find((text) => parsed(text) !== undefined) ?? null;
}

/** Returns the value of a JSON text; undefined if the text is not JSON. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns whether a value is an event: an object that has what is shown of one. */
const isEvent = (value) =>
  isObject(value) &&
  isObject(value.data) &&
  ["source", "id", "type", "time"].every((name) => typeof value[name] === "string");

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
