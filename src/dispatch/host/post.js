// Posts to endpoints, and seals what is secret of them. As in host.js, nothing is decided here.

/** The bytes of an answer that are kept. */
const MAX_ANSWER = 2048;

const ENCODING = { alphabet: "base64url", omitPadding: true };

/** The bytes of the nonce of AES-GCM. */
const NONCE = 12;

/** Returns random bytes in base64: of the URL's alphabet, or the standard one with padding. */
export function random(bytes, isForUrl) {
  const value = crypto.getRandomValues(new Uint8Array(bytes));
  return isForUrl ? value.toBase64(ENCODING) : value.toBase64();
}

/** Encrypts a text that belongs to `name`. Resolves to base64. */
export async function seal(key, name, text) {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: bytesOf(name) },
    await imported(key),
    bytesOf(text),
  );
  const whole = new Uint8Array(NONCE + sealed.byteLength);
  whole.set(iv);
  whole.set(new Uint8Array(sealed), NONCE);
  return whole.toBase64(ENCODING);
}

/** Decrypts what `seal` has encrypted. Resolves to null if it was not this key, name or text. */
export async function unseal(key, name, sealed) {
  try {
    const whole = Uint8Array.fromBase64(sealed, { alphabet: "base64url" });
    const text = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: whole.subarray(0, NONCE), additionalData: bytesOf(name) },
      await imported(key),
      whole.subarray(NONCE),
    );
    return new TextDecoder().decode(text);
  } catch {
    return null;
  }
}

const bytesOf = (text) => new TextEncoder().encode(text);
const imported = (key) =>
  crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);

/** Resolves to a body that is stored in KV; to null without it. */
export async function stored({ env }, key) {
  const body = await env.SEEN.get(key, "arrayBuffer");
  return body === null ? null : new Uint8Array(body);
}

/**
 * Begins to post requests: at most `most` at a time, and `mostOfGroup` of one group. A request is
 * `[group, url, headers, body, until]`. One that has not begun at `until` is not begun.
 */
export function startPosts(requests, most, mostOfGroup, timeout) {
  const posts = { waiting: [...requests.entries()], ended: [], running: [], wake: undefined };
  const isFree = ([, [group]]) =>
    posts.running.filter((running) => running === group).length < mostOfGroup;
  const begin = () => {
    while (posts.running.length < most) {
      const at = posts.waiting.findIndex(isFree);
      if (at < 0) return;
      const [[place, request]] = posts.waiting.splice(at, 1);
      posts.running.push(request[0]);
      void post(request, timeout).then((outcome) => {
        posts.running.splice(posts.running.indexOf(request[0]), 1);
        posts.ended.push([place, ...outcome]);
        begin();
        posts.wake?.();
      });
    }
  };
  begin();
  return posts;
}

/** Resolves to the outcomes since the last call, once there is one; to none after the last. */
export async function nextPosts(posts) {
  if (posts.ended.length === 0 && posts.running.length > 0)
    await new Promise((resolve) => (posts.wake = resolve));
  return posts.ended.splice(0);
}

/**
 * Posts. Resolves to when it ended, the milliseconds that it took, the status, `Retry-After` and the
 * beginning of the answer; or a word in place of the status.
 */
async function post([, url, headers, body, until], timeout) {
  const began = Date.now();
  if (began > until) return [began, 0, "late"];
  try {
    const signal = AbortSignal.timeout(timeout);
    // A redirection is an answer like another: it could lead anywhere.
    const options = { method: "POST", headers, body, redirect: "manual", signal };
    const answer = await fetch(url, options);
    const text = await beginning(answer.body);
    const ended = Date.now();
    const retryAfter = answer.headers.get("retry-after") ?? undefined;
    return [ended, ended - began, answer.status, retryAfter, text];
  } catch (error) {
    const word = error?.name === "TimeoutError" ? "timeout" : "unreachable";
    return [Date.now(), Date.now() - began, word];
  }
}

/** Reads the beginning of an answer, whatever becomes of the rest. */
async function beginning(body) {
  const decoder = new TextDecoder();
  let [text, left] = ["", MAX_ANSWER];
  try {
    for await (const piece of body ?? []) {
      text += decoder.decode(piece.subarray(0, left), { stream: true });
      left -= piece.length;
      if (left <= 0) break;
    }
  } catch {
    // The status says enough.
  }
  return text;
}
