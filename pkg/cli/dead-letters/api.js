// A queue of an account, by Cloudflare's API. A peek leaves the queue unchanged
// and does not count as a delivery; a purge removes the peeked messages by their `ref`.
import { call } from "../cloudflare/api.js";
import { Failure } from "../failure.js";

/** The most messages of a peek, a push or a purge. */
export const MAX_MESSAGES = 100;
// 256 KB with the queue's own bytes beside each message.
const MAX_BYTES = 250_000;
const BYTES_BESIDE = 100;

/**
 * Opens the queue `name`. `access` describes its account: `base` and `account` of each address, `headers` that authorize
 * requests, and `advice` for three errors: no answer, a refusal, and a missing queue.
 */
export async function openQueue(access, name) {
  const root = `/accounts/${encodeURIComponent(access.account)}/queues`;
  const queues = await call(access, "GET", `${root}?${new URLSearchParams({ page: "1", name })}`);
  const found = queues?.find(({ queue_name }) => queue_name === name);
  if (!found)
    throw new Failure(
      "no_such_queue",
      `There is no queue "${name}" in the account. ${access.advice.noQueue(name)}`,
    );
  const at = `${root}/${found.queue_id}`;
  const post = (path, body) => call(access, "POST", `${at}/${path}`, body);

  return {
    name,
    /** Returns the first messages in it, MAX_MESSAGES at most. */
    peek: async () =>
      (await post("messages/peek", JSON.stringify({ batch_size: MAX_MESSAGES })))?.messages ?? [],
    /** Adds the messages of `letters`, to the byte. */
    push: (letters) => post("messages/batch", `{"messages":[${letters.map(entry).join(",")}]}`),
    /** Removes the letters, and returns the queue's errors: `said`, of one of them by its `ref`, or of any of them. */
    async purge(letters) {
      const refs = letters.map(({ ref }) => ({ ref }));
      const { errors, warnings } = (await post("messages/purge", JSON.stringify({ refs }))) ?? {};
      const ofOne = Object.entries(warnings ?? {}).map(([ref, said]) => ({ ref, said }));
      return [...(errors ?? []).map(({ message }) => ({ said: message })), ...ofOne];
    },
    /** Returns the approximate number of messages in it. */
    backlog: async () => (await call(access, "GET", `${at}/metrics`))?.backlog_count,
  };
}

// JSON is sent as the text that was received: a parsed number might change.
const entry = ({ type, text }) =>
  type === "json"
    ? `{"body":${text},"content_type":"json"}`
    : `{"body":${JSON.stringify(text)},"content_type":"text"}`;

/** Divides letters into as few pushes as the queue's limits allow. */
export function batches(letters) {
  const all = [];
  let room = 0;
  for (const letter of letters) {
    const bytes = Buffer.byteLength(letter.text) + BYTES_BESIDE;
    if (bytes > room || all.at(-1).length === MAX_MESSAGES) {
      all.push([]);
      room = MAX_BYTES;
    }
    all.at(-1).push(letter);
    room -= bytes;
  }
  return all;
}
