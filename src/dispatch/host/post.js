// Posts to endpoints, and seals what is secret of them. As in host.js, nothing is decided here.
import { journalOf, within } from "./host.js";

/** The longest wait for KV, in milliseconds. */
const KV_MS = 5000;

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

/** Reads bodies that are stored in KV, all at once. Resolves to an end for each key; its value is null without a body. */
export const stored = ({ env }, keys) =>
  Promise.all(
    keys.map((key) =>
      end(() => within(() => env.SEEN.get(key, "arrayBuffer"), KV_MS, "KV took too long")),
    ),
  ).then((ends) =>
    ends.map(([isThere, body]) => [isThere, isThere && body ? new Uint8Array(body) : body]),
  );

/** Resolves to what work came to: `[true, value]`, or `[false, error]`. */
async function end(work) {
  try {
    return [true, await work()];
  } catch (error) {
    return [false, error];
  }
}

/** Makes a list of requests: at most `most` are posted at a time, and `mostOfGroup` of one group. */
export const startPosts = (most, mostOfGroup, timeout) => ({
  ...{ most, mostOfGroup, timeout, count: 0, loading: 0 },
  ...{ waiting: [], running: [], loaded: [], ended: [], wake: undefined },
});

/** Adds requests. A request is `[group, url, headers, body, until]`. One that has not begun at `until` is not begun. */
export function addPosts(posts, requests) {
  for (const request of requests) posts.waiting.push([posts.count++, request]);
  begin(posts);
}

function begin(posts) {
  const { running, waiting, mostOfGroup } = posts;
  const isFree = ([, [group]]) => running.filter((other) => other === group).length < mostOfGroup;
  while (running.length < posts.most) {
    const at = waiting.findIndex(isFree);
    if (at < 0) return;
    const [[place, request]] = waiting.splice(at, 1);
    running.push(request[0]);
    void post(request, posts.timeout).then((outcome) => {
      running.splice(running.indexOf(request[0]), 1);
      posts.ended.push([place, ...outcome]);
      begin(posts);
      posts.wake?.();
    });
  }
}

/** Begins to load what is to be posted: lets each journal, of an id of `ids`, take the step at its place. */
export function addLoads(posts, { env }, ids, steps) {
  posts.loading += ids.length;
  for (const [place, id] of ids.entries()) {
    const began = Date.now();
    void end(() => within(() => journalOf(env, id, true).deliver(steps[place]))).then((loaded) => {
      posts.loading -= 1;
      posts.loaded.push([place, began, loaded]);
      posts.wake?.();
    });
  }
}

/** Resolves to what was loaded and posted since the last call, once there is something; to nothing after the last. */
export async function nextPosts(posts) {
  const { loaded, ended, running } = posts;
  while (loaded.length + ended.length === 0 && running.length + posts.loading > 0)
    await new Promise((resolve) => (posts.wake = resolve));
  return [loaded.splice(0), ended.splice(0)];
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
