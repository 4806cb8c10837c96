// The requests to dispatch. The session's cookie goes along by itself, and the page never holds a token.

/** A refusal of dispatch's, or a request that did not reach it. `code` is dispatch's own, or `offline`. */
export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
  }
}

/** Returns that dispatch cannot be reached. */
export const offline = () =>
  new Problem(
    0,
    "offline",
    "dispatch cannot be reached: check that it runs and that you are online",
  );

/** Called when dispatch knows no session any more. */
let ended = () => {};

/** Has a function called when the session has ended. */
export function onEnd(call) {
  ended = call;
}

/** Returns a path of the API. A part is one segment, whatever it holds. */
export const path = (...parts) => `/v1/${parts.map(encodeURIComponent).join("/")}`;

/** Returns a path with the members of `query` that have a value. */
export function asking(path, query) {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/**
 * Returns an answer's JSON; null if it has no body. Throws a Problem.
 *
 * @param {string} path
 * @param {{ signal?: AbortSignal }} [options]
 */
export async function get(path, options) {
  return (await request(path, { ...options })).json;
}

/**
 * Sends a change, and returns the answer's `status` and `json`. Throws a Problem.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {{ once?: boolean }} [options] with `once`, a repetition by the network changes nothing
 */
export function send(method, path, body, { once = false } = {}) {
  const headers = {
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(once && { "idempotency-key": crypto.randomUUID() }),
  };
  return request(path, { method, headers, body: body && JSON.stringify(body) });
}

async function request(path, options) {
  const answer = await fetch(path, { ...options, credentials: "same-origin" }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw offline();
  });
  const text = await answer.text();
  const json = jsonOf(text);
  if (answer.ok) return { status: answer.status, json };
  if (answer.status === 401 && !path.startsWith("/v1/session")) ended();
  const { code = `status_${answer.status}`, detail = `dispatch answered ${answer.status}` } =
    json ?? {};
  throw new Problem(answer.status, code, detail);
}

function jsonOf(text) {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
