// Describes what proves a delivery, or why it is refused.
import { which } from "./secrets.js";

const PROVED_BY = {
  body_signed: "a signature over the body",
  fields_signed: "a signature, which does not cover all that the event says",
  headers_signed:
    "a signature over headers, which says nothing of the body, and the token in the URL",
  header_token: "the token in a header; nothing is signed",
  url_token: "the token in the URL; nothing is signed",
};

/** Returns a line that says what proves a delivery. */
export const provedBy = ({ authenticity, secretIndex }, secrets) =>
  `Authentic (${authenticity}): ${PROVED_BY[authenticity]}${which(secretIndex, secrets)}.\n`;

const NEXT = {
  timestamp_out_of_tolerance:
    "A delivery that was captured earlier is verified as of then with --now.",
};

const EXPLAIN = "orderhook explain, with the same options, looks for the reason.";

/** Returns the result of a delivery that is not authentic, with what to do next. */
export function refusal({ code, message }, next = EXPLAIN) {
  return {
    ok: false,
    text: `Not authentic (${code}): ${message}.\n${NEXT[code] ?? next}\n`,
    json: { code, message },
  };
}
