// Deliveries that the receiver has to refuse: each with what its sender did, and how it is made.

const OLD_MS = 20 * 60_000;

/**
 * Returns those that can be made for the sources that there are.
 *
 * @param {import("./sender.js").Sender} sender
 */
export function forgeries(sender) {
  const { accounts } = sender;
  const signed = accounts.filter(({ secret, token }) => secret && !token);
  const shop = accounts.find(({ provider }) => provider.name === "standard-webhooks");
  const guarded = accounts.find(({ secret, token }) => token && !secret);
  const all = [
    make(sender, "changes the body of a signed delivery", signed[0], { tamper: true }),
    make(sender, "signs with a secret of his own", withSecretOf(signed[0], signed[1])),
    make(sender, "signs nothing", signed[1] && { ...signed[1], secret: undefined }),
    make(sender, "sends a delivery of twenty minutes ago", shop, { now: Date.now() - OLD_MS }),
    make(sender, "guesses the token of an address", guarded, { tamper: true }),
    make(sender, "posts to a source that does not exist", shop && { ...shop, source: "warehouse" }),
  ];
  return all.filter(Boolean);
}

/** The secrets of these providers are texts of any form. */
const withSecretOf = (account, other) => account && other && { ...account, secret: other.secret };

function make(sender, title, account, options = {}) {
  if (!account) return undefined;
  const [sample] = sender.samplesOf(account).values();
  return { title, account, sample, deliver: () => sender.prepare(account, sample, options) };
}
