// Posts a delivery, as its provider would.
import { hide } from "./secrets.js";

/** The longest wait for an answer, in seconds, and the most bytes that are read of it. */
const MAX_SECONDS = 60;
const MAX_READ = 65_536;

async function beginning({ body }) {
  const pieces = [];
  let length = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length >= MAX_READ) break;
  }
  return Buffer.concat(pieces).subarray(0, MAX_READ).toString();
}

/** Posts the delivery. Returns the receiver's answer, in which secrets are hidden; or an `error`, if no answer arrives. */
export async function post({ url, headers, body, hidden }) {
  const own = (text) => hide(text, hidden);
  try {
    const signal = AbortSignal.timeout(MAX_SECONDS * 1000);
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal,
    });
    const { status, statusText } = response;
    const retryAfter = own(response.headers.get("retry-after") ?? "") || null;
    return {
      status,
      statusText: own(statusText),
      retryAfter,
      body: own(await beginning(response)),
    };
  } catch ({ cause, name }) {
    if (name === "TimeoutError") return { error: `nothing within ${MAX_SECONDS} s` };
    return {
      error:
        cause?.code ?? (/^[\w .]+$/.test(cause?.message) ? cause.message : "it cannot be sent"),
    };
  }
}
