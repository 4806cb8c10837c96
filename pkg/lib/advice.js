// The advice for each cause that `explain` finds. `@` is replaced by a value of the delivery.
const ADVICE = {
  other_provider:
    "It verifies as a delivery of `@`: set `provider` to that, or give that provider its own address.",
  other_secret:
    "It is signed with `otherSecrets[@]`: add that to `secrets`, or send that account's deliveries elsewhere.",
  other_key:
    "It is signed by another of the keys than the one that it names: set the keys with the ids (`kid`) that the provider " +
    "publishes.",
  unknown_key:
    "None of the keys can have signed it: it names another key, or is signed by another algorithm. Set the keys that the " +
    "provider publishes now.",
  secret_blanks:
    "There are spaces, quotes or a newline around the secret, or some are missing: set exactly the text that the provider " +
    "shows (`echo`, editors and env files add some).",
  secret_prefix:
    "The key begins with `whsec_` and the secret does not, or the reverse: add it to the secret, or remove it.",
  secret_is_base64:
    "The secret is still in base64, but the key is the decoded bytes: set it as this provider's secrets are written.",
  secret_is_hex:
    "The secret is still in hex, but the key is the decoded bytes: set it as this provider's secrets are written.",
  secret_is_text:
    "The sender signs with the secret's text, which it should decode: have it decode the secret, or set the text encoded " +
    "as this provider's secrets are.",
  secret_encoding:
    "The secret is in base64url or lacks its padding: set it in standard base64, padded with `=`.",
  body_reserialised:
    "The body was parsed and written again: pass the raw bytes, as from `express.raw()` instead of `express.json()`.",
  body_newline:
    "A newline at the end of the body was added or lost: pass the raw bytes, without `trim()`, and not from an editor or " +
    "`echo`.",
  body_bom:
    "The byte order mark of the body was added or lost: pass the raw bytes, since decoding them as text removes it.",
  body_line_ends:
    "The line ends of the body were changed between LF and CRLF: pass the raw bytes (git's `autocrlf` and text-mode files " +
    "change them).",
  body_empty: "The body is empty: something has read it before. Verify before any body parser.",
  body_object:
    "The body is `[object Object]`, the text of a parsed body: pass the raw bytes, as from `express.raw()` instead of " +
    "`express.json()`.",
  body_form:
    "The body is a form instead of JSON: pass the raw bytes, as from `express.raw()` instead of `express.urlencoded()`.",
  digest:
    "The signature is right, but the digest that it covers is of another body: pass the raw bytes of the same delivery.",
  covered_header:
    "`@` is signed, and was changed on the way: give it as it came (for the URL, give the one that the provider posts to " +
    "as `registeredUrl`).",
  not_covered:
    "The signature does not cover `@`, which this provider's signatures must: see that no proxy adds it, and ask the " +
    "provider.",
  tag_encoding:
    "The tag is in another encoding than this provider's (hex, base64, DER, letter case, padding): pass the header on as it " +
    "came.",
  tag_prefix:
    "The tag's prefix is missing or doubled, or there are spaces or quotes around the tag: pass the header on as it came.",
  wrong_header:
    "The tag is in the header `@`: something on the way renamed its header. Pass it on under its own name.",
  clock: "It was signed @.",
  missing_signature:
    "The header `@` is missing: pass on all headers of the request, and check that no proxy drops it.",
  token:
    "No signature covers the body, and the token is not set, missing or wrong: have the provider post to the address that " +
    "ends with `token`, and pass the address that was posted to as `url` (Node's `request.url`), or its end as " +
    "`offeredToken`.",
};

/** Follows the message of a refusal that no usual mistake explains. */
export const UNEXPLAINED =
  "No usual mistake explains it: compare the secret with the one that the provider shows, and check that the headers and " +
  "the body are of the same delivery, as they came.";

/** Returns one sentence for a cause. */
export const advice = (cause, known = "") => ADVICE[cause].replace("@", () => known);

/** Describes how a clock is off, by both of its possible readings: two times in seconds. */
export function clock(signedAt, now) {
  const amount = span(Math.abs(now - signedAt));
  return signedAt < now
    ? `${amount} before \`now\`: the clock here is ${amount} ahead, or this is an old delivery that was captured`
    : `${amount} after \`now\`: the clock here is ${amount} behind, or \`now\` is older than it (in milliseconds)`;
}

/** Formats an amount of time in the largest unit that fits and the next one. */
function span(seconds) {
  /** @type {[string, number][]} */
  const units = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  const from = Math.max(
    units.findIndex(([, length]) => seconds >= length),
    0,
  );
  const parts = [];
  let rest = seconds;
  for (const [unit, length] of units.slice(from, from + 2)) {
    if (rest >= length) parts.push(`${Math.floor(rest / length)} ${unit}`);
    rest %= length;
  }
  return parts.join(" ");
}
