// Signs deliveries as their providers would, and posts them to the sources of this clone's receiver.
import { localSecrets, readConfig, sourcesOf } from "../lib/cli.js";
import { Stop } from "../lib/command.js";
import { root } from "../setup.js";
import { arrivals } from "./stories.js";

export class Sender {
  #receiver;
  #package;
  accounts;

  constructor(receiver, accounts, imported) {
    this.#receiver = receiver;
    this.accounts = accounts;
    this.#package = imported;
  }

  /** Opens the sources of wrangler.toml that have a built-in provider. The package is there only once it is built. */
  static async open(receiver) {
    const { providers } = await import("../../pkg/dist/node.js");
    const imported = {
      ...(await import("../../pkg/cli/prepare.js")),
      ...(await import("../../pkg/cli/post.js")),
      ...(await import("../../pkg/cli/fresh.js")),
    };
    const secrets = localSecrets(root);
    const known = new Map(providers().map((provider) => [provider.name, provider]));
    const accounts = sourcesOf(await readConfig(root))
      .filter(({ provider }) => known.has(provider))
      .map(({ name, provider, secrets: [secret], token }) => ({
        ...{ source: name, provider: known.get(provider) },
        ...{ secret: secrets.get(secret), token: secrets.get(token) },
      }));
    return new Sender(receiver, accounts, imported);
  }

  accountOf = (provider) => this.accounts.find((account) => account.provider.name === provider);

  /** Posts every sample of a source's provider, and one that was changed on its way. Returns a row about the answers. */
  async samples(account) {
    const all = [...this.#package.choices(account.provider).values()];
    const counts = new Map();
    for (const sample of all) {
      const said = await this.#post(account, sample, {});
      counts.set(said, (counts.get(said) ?? 0) + 1);
    }
    const [sample] = all;
    const changed = await this.#deliver(account, sample, { tamper: true });
    if (![401, 404].includes(changed.status))
      throw new Stop(
        `A changed delivery to ${account.source} was answered with ${changed.status}.`,
      );
    const taken = [...counts].map(([said, count]) => `${count} ${said}`).join(", ");
    return [account.source, taken, `changed on its way: ${changed.status}`];
  }

  /**
   * Posts a story's deliveries one by one, about a new order. Returns its source, its id, and the number of events.
   *
   * @param {any} account
   * @param {{ events: string[], late?: number }} story
   */
  async story(account, { events, late }) {
    const choices = this.#package.choices(account.provider);
    const [first] = events;
    const order = this.#package.freshId(choices.get(first).order);
    const known = events.map((event) => choices.get(event).parcel).find(Boolean);
    const own = { order, ...(known && { parcel: this.#package.freshId(known) }) };
    for (const { event, at } of arrivals({ events, late }, Date.now()))
      await this.#post(account, choices.get(event), { at, own });
    return { source: account.source, order, count: events.length };
  }

  /** Posts a delivery that has to be taken, and returns what the receiver calls it. */
  async #post(account, sample, options) {
    const { status, body, error } = await this.#deliver(account, sample, options);
    const said = status >= 200 && status < 300 ? JSON.parse(body).status : undefined;
    if (said !== undefined) return said;
    const what = error
      ? `cannot be posted (${error}). Does npm start run?`
      : `was answered with ${status}: ${body}`;
    throw new Stop(`"${sample.name}" of ${account.provider.name} ${what}`);
  }

  #deliver({ source, provider, secret, token }, sample, options) {
    const url = new URL(`/hooks/${source}${token ? "/" : ""}`, this.#receiver);
    const { prepare, post } = this.#package;
    return post(prepare(provider, sample, { url, secret, token, ...options }));
  }
}
