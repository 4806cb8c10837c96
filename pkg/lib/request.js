// Reads the body of a fetch `Request` in pieces, and no further than the limit.
import { WebhookError } from "./error.js";
import { MAX_BODY_BYTES, bytesOf, lengthOf, lookup, tooLarge } from "./arguments.js";

/** Returns the body's bytes. Refuses a `content-length` over the limit, and stops reading a body that passes it. */
export async function bodyOf(request) {
  const isUnread =
    typeof request?.arrayBuffer === "function" && !request.bodyUsed && !request.body?.locked;
  if (!isUnread) throw notARequest("whose body nobody has read");
  if (Number(lookup(request.headers).get("content-length")) > MAX_BODY_BYTES) throw tooLarge();
  // Firefox does not offer a request's body as a stream.
  if (typeof request.body?.getReader !== "function")
    return new Uint8Array(await request.arrayBuffer());
  return collect(request.body.getReader());
}

const notARequest = (which) =>
  new WebhookError("invalid_body", `the request must be a fetch \`Request\` ${which}`);

/** Reads to the end. Copies each piece at once: many small ones, kept as they are, take much more memory than their bytes. */
async function collect(reader) {
  let bytes = new Uint8Array(0);
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return bytes.subarray(0, length);
      const piece = pieceOf(value);
      const needed = length + lengthOf(piece);
      if (needed > MAX_BODY_BYTES) throw tooLarge();
      bytes = withRoom(bytes, needed);
      bytes.set(piece, length);
      length = needed;
    }
  } catch (error) {
    // Not awaited: a stream may take long to stop.
    reader.cancel().catch(() => {});
    throw error;
  }
}

function pieceOf(value) {
  if (ArrayBuffer.isView(value)) return /** @type {Uint8Array} */ (bytesOf(value));
  throw notARequest("whose body has bytes");
}

/** Returns `bytes`, or a larger copy if it does not have room for as many. */
function withRoom(bytes, needed) {
  if (needed <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.min(Math.max(needed, 2 * bytes.length), MAX_BODY_BYTES));
  larger.set(bytes);
  return larger;
}
