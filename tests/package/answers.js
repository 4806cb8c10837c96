// Answers the corpus in any runtime with the same code, so this file imports nothing.

/**
 * Returns the answer to a case of the corpus, in the form of its `expect`. A server gives `came`, the headers and the body that
 * came over the wire, in place of the case's own.
 */
export function answer(orderhook, one, came) {
  const delivery = deliveryOf(one, came);
  try {
    const { authenticity, secretIndex } = orderhook.verify(delivery);
    const event = orderhook.receive(delivery);
    return event === null ? { test: true } : { authenticity, secret_index: secretIndex, event };
  } catch (error) {
    if (!(error instanceof orderhook.WebhookError)) throw error;
    return { code: error.code, text: error.message };
  }
}

/** Returns the answers to the whole corpus, in its order, and the causes for each delivery that does not verify. */
export async function answers(orderhook, corpus) {
  const explanations = [];
  for (const one of corpus) explanations.push(await orderhook.explain(deliveryOf(one)));
  return { answers: corpus.map((one) => answer(orderhook, one)), explanations };
}

/** Returns the account and the delivery of a case. */
function deliveryOf(
  { provider, source, secrets, utc_offset, token_matched, url, now, ...rest },
  came = {},
) {
  const token = token_matched === undefined ? undefined : "t0ken-0123456789";
  const proof = { ...(secrets.length > 0 && { secrets }), ...(token && { token }) };
  const account = { provider, source, utcOffset: utc_offset, ...proof };
  const delivery = { url, now, offeredToken: token_matched ? token : "another" };
  return {
    ...account,
    ...delivery,
    headers: rest.headers,
    ...came,
    body: came.body ?? bodyOf(rest),
  };
}

/** Returns the body of a case, as text or as bytes. */
export const bodyOf = ({ body, body_base64 }) => body ?? bytes(body_base64);

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
