// Signs deliveries as their providers would, and posts them to the sources of a local receiver.
import { localReceiver } from "../lib/local-sources.js";
import { SIGNERS } from "./signers.js";

export class Sender {
  #receiver;
  #package;
  #samples;
  /**
   * The sources with a built-in provider: each one's `source`, `provider`, `secret`, `token`, and
   * the private `key` where its provider signs with one.
   */
  accounts;

  constructor(receiver, accounts, imported, samples) {
    this.#receiver = receiver;
    this.accounts = accounts;
    this.#package = imported;
    this.#samples = samples;
  }

  /**
   * Opens the sources of the receiver at this address. The package is there only once it is built.
   *
   * @param {string} receiver
   * @param {Awaited<ReturnType<typeof localReceiver>>} [local]
   */
  static async open(receiver, local) {
    const { providers } = await import("../../pkg/dist/node.js");
    const imported = {
      ...(await import("../../pkg/cli/prepare.js")),
      ...(await import("../../pkg/cli/post.js")),
      ...(await import("../../pkg/cli/fresh.js")),
    };
    const { sources, secrets, keys } = local ?? (await localReceiver(new URL(receiver).port));
    const known = new Map(providers().map((provider) => [provider.name, provider]));
    const accounts = sources
      .filter(({ provider }) => known.has(provider))
      .map(({ name, provider, secrets: [secret], token }) => ({
        ...{ source: name, provider: known.get(provider) },
        ...{ secret: secrets.get(secret), token: secrets.get(token), key: keys.get(secret) },
      }));
    return new Sender(receiver, accounts, imported, await samplesByHand());
  }

  /** Returns the samples of a source's provider, by name. */
  samplesOf = ({ provider }) => this.#samples.get(provider.name) ?? this.#package.choices(provider);

  /** Returns ids for an order, and for its parcel if there is one, in the form of these samples. */
  idsFor(samples) {
    // One that is a number in a body may not become a text.
    const numbered = samples.find((sample) => /^\d+$/.test(sample.order)) ?? samples[0];
    const { freshId } = this.#package;
    const order = freshId(numbered.order);
    const { parcel } = samples.find((sample) => sample.parcel) ?? {};
    if (parcel === undefined) return { order };
    // Some providers know an order by its parcel's tracking number alone.
    const isOrder = samples.some((sample) => sample.parcel === sample.order);
    return { order, parcel: isOrder ? order : freshId(parcel) };
  }

  /**
   * Makes a delivery, which can be posted several times.
   *
   * @param {any} account
   * @param {any} sample
   * @param {any} [options] as those of `prepare`
   */
  prepare({ source, provider, secret, token, key }, sample, options = {}) {
    const { prepare, joined } = this.#package;
    const url = new URL(`/hooks/${source}${token ? "/" : ""}`, this.#receiver);
    const signer = SIGNERS[provider.name];
    if (!signer) return prepare(provider, sample, { url, secret, token, ...options });
    const unsigned = prepare(provider, sample, { url, token, ...options });
    const { headers = {}, body } = signer(unsigned, { secret, key });
    return { ...unsigned, headers: joined(unsigned.headers, Object.entries(headers)), body };
  }

  /**
   * Posts a delivery. Returns the `status` of the answer and the receiver's `word` for it, with the
   * reason of a refusal as `detail`; or an `error`, if there is no answer.
   */
  async post(delivery) {
    const { status, body, error } = await this.#package.post(delivery);
    if (error) return { error };
    const { status: said, code, detail } = parsed(body);
    return { status, word: status < 400 ? (said ?? "taken") : code, detail };
  }
}

/** Returns the samples of the providers that the package does not play, by provider and name. */
async function samplesByHand() {
  const { definitions, samples } = await import("../lib/catalogue.js");
  const { unprovenSample } = await import("../lib/sample.js");
  const found = new Map();
  for (const [name, definition] of definitions()) {
    if (!SIGNERS[name]) continue;
    const { deliveries } = await samples(name);
    const made = deliveries.map((delivery) => unprovenSample(definition, delivery));
    found.set(name, new Map(made.filter(Boolean).map((sample) => [sample.name, sample])));
  }
  return found;
}

/** A provider may want another answer than the receiver's own JSON. */
function parsed(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}
