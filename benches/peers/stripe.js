// Stripe's: the half of `constructEvent` that verifies. The other half parses the body.
import Stripe from "stripe";
import { SECRET } from "./deliveries.js";

const { signature } = Stripe.webhooks;
const TOLERANCE = 300;
const subtle = Stripe.createSubtleCryptoProvider();

export const stripe = [
  {
    name: "stripe",
    scheme: "stripe",
    native: true,
    how: "`webhooks.signature.verifyHeader`, which `constructEvent` calls before it parses",
    call: ({ headers, body }) =>
      signature.verifyHeader(body, headers["stripe-signature"], SECRET, TOLERANCE),
    refuses: "throws",
  },
  {
    name: "stripe, async",
    scheme: "stripe",
    native: true,
    how: "`verifyHeaderAsync` with its provider on `crypto.subtle`",
    call: ({ headers, body }) =>
      signature.verifyHeaderAsync(body, headers["stripe-signature"], SECRET, TOLERANCE, subtle),
    refuses: "throws",
  },
];
