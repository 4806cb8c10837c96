// What a runtime makes of the corpus: the same in all of them, so this file imports nothing.

/** The answer to a case of the corpus, as its `expect` has it. */
export function answer(orderhook, { provider, source, secrets, utc_offset, token_matched, url, headers, now, ...rest }) {
  const body = "body" in rest ? rest.body : bytes(rest.body_base64);
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

/** The names of the cases that are answered otherwise than expected. */
export function failures(orderhook, corpus) {
  return corpus.filter((one) => !same(answer(orderhook, one), one.expect)).map(({ name }) => name);
}

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

// Key order does not count.
function same(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return keys.length === others.length && Array.isArray(a) === Array.isArray(b) && keys.every((key) => same(a[key], b[key]));
}
