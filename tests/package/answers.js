// What a runtime makes of the corpus: the same in all of them, so this file imports nothing.

/**
 * The answer to a case of the corpus, as its `expect` has it. `came` is what a server has in the place of the case's own headers
 * and body: those that came over the wire.
 */
export function answer(orderhook, { provider, source, secrets, utc_offset, token_matched, url, now, ...rest }, came = {}) {
  const { headers, body = bodyOf(rest) } = { headers: rest.headers, ...came };
  const token = token_matched === undefined ? undefined : "t0ken";
  const account = { provider, source, secrets, token, utcOffset: utc_offset };
  const delivery = { headers, body, url, now, offeredToken: token_matched ? token : "another" };
  try {
    const { authenticity, secretIndex } = orderhook.verify({ ...account, ...delivery });
    const event = orderhook.receive({ ...account, ...delivery });
    return event === null ? { test: true } : { authenticity, secret_index: secretIndex, event };
  } catch (error) {
    if (!(error instanceof orderhook.WebhookError)) throw error;
    return { code: error.code, text: error.message };
  }
}

/** The answers to the whole corpus, in its order. */
export const answers = (orderhook, corpus) => corpus.map((one) => answer(orderhook, one));

/** The body of a case, as text or as bytes. */
export const bodyOf = ({ body, body_base64 }) => body ?? bytes(body_base64);

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
