// Hookflo's library. It takes a fetch `Request`, which its adapter for Express makes on Node. A second contestant leaves that
// and its copy out, and calls the verifier inside, which needs little of a `Request`.
import tern from "@hookflo/tern";
import { WHSEC } from "./deliveries.js";

const { WebhookVerificationService, createAlgorithmVerifier, getPlatformAlgorithmConfig } = tern;

// The one of its platforms with the headers of Standard Webhooks.
const PLATFORM = "dodopayments";
const SETTINGS = { platform: PLATFORM, secret: WHSEC, toleranceInSeconds: 300 };
const verifier = createAlgorithmVerifier(
  WHSEC,
  getPlatformAlgorithmConfig(PLATFORM).signatureConfig,
  PLATFORM,
  300,
);

const requestOf = ({ headers, body }) =>
  new Request("http://127.0.0.1/", { method: "POST", headers, body });

/** The parts of a `Request` that its verifier asks for. */
class Given {
  #body;

  constructor({ headers, body }) {
    this.headers = { get: (name) => headers[name] ?? null };
    this.#body = body;
  }

  async text() {
    return this.#body.toString();
  }
}

export const hookflo = [
  {
    name: "@hookflo/tern",
    scheme: "standard",
    native: true,
    parses: true,
    how: "`WebhookVerificationService.verify` of a `Request`, as its README has it; to make the `Request` counts",
    call: (delivery) => WebhookVerificationService.verify(requestOf(delivery), SETTINGS),
    refuses: "isValid: false",
  },
  {
    name: "@hookflo/tern, verifier",
    scheme: "standard",
    native: true,
    parses: true,
    how: "its `createAlgorithmVerifier` once, `verify` of an object with `headers.get` and `text()`",
    call: (delivery) => verifier.verify(new Given(delivery)),
    refuses: "isValid: false",
  },
];
