// Cloudflare's API: developers.cloudflare.com/api.
import { Failure, PATIENCE_MS, unreachable } from "../failure.js";
import { retryAfter } from "../retry-after.js";

const TRIES = 4;
const LONGEST_WAIT_S = 60;

/**
 * Sends a request, and returns the answer's `result`. `access` has the `base` of each address, the `headers` that authorize requests,
 * and `advice` by the code of a failure.
 */
export async function call(access, method, path, body) {
  for (let tried = 1; ; tried += 1) {
    const response = await ask(access, method, path, body);
    const wait =
      response.status === 429 && tried < TRIES
        ? (retryAfter(response) ?? 2 ** (tried - 1))
        : Infinity;
    if (wait > LONGEST_WAIT_S) return result(access, method, path, response);
    await response.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}

async function ask({ base, headers, advice }, method, path, body) {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await fetch(`${base}${path}`, {
      method,
      headers: { ...headers, ...json },
      body,
      redirect: "error",
      signal,
    });
  } catch (error) {
    throw unreachable(new URL(base).origin, error, advice.unreachable);
  }
}

async function result({ base, advice }, method, path, response) {
  let answer;
  try {
    const text = await response.text();
    // A deletion may be answered without a body.
    if (method === "DELETE" && response.ok && text === "") return undefined;
    answer = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError))
      throw unreachable(new URL(base).origin, error, advice.unreachable);
  }
  if (response.ok && answer?.success === true) return answer.result;
  const said = (answer?.errors ?? []).map(({ code, message }) => `${code} ${message}`).join("; ");
  const what = `${method} ${path.split("?")[0]} was answered with ${response.status}${said ? ` (${said})` : ""}.`;
  const code = CODES[response.status] ?? "api_failed";
  throw new Failure(code, [what, advice[code]].filter(Boolean).join("\n"));
}

const CODES = {
  401: "not_permitted",
  403: "not_permitted",
  404: "not_found",
  429: "too_many_requests",
};

/** Returns every account that the headers authorize. */
export const accounts = async (access) => (await call(access, "GET", "/accounts")) ?? [];
