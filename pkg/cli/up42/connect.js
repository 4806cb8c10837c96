// Makes the webhook at UP42, or takes the one that is there, so that it delivers to the receiver.
import { wrongUsage } from "../failure.js";
import { hook, isOf, makeSecret, setInReceiver, tokenIn } from "./receiver.js";
import { testUntilPassed } from "./test.js";
import { isPassed, pageOf, publicOf, secretOf, testText } from "./view.js";

/**
 * Connects a receiver. Where both the secret and the token are already at UP42, the receiver gets these, so that no delivery is refused
 * in between.
 *
 * @param {import("./api.js").Up42} up42
 * @param {Awaited<ReturnType<typeof import("./receiver.js").receiverOf>>} receiver
 * @param {{ name: string, events: string[], id?: string }} wanted
 */
export async function connect(up42, receiver, { name, events, id }) {
  const { url } = receiver;
  if (url === undefined) throw wrongUsage("Give the receiver's address with --url.");
  const offered = await subscribable(up42, events);
  const found = id === undefined ? await ourOnly(up42, url) : await up42.get(id);
  const proof = proofFor(receiver, found);
  up42.hide(proof.secret, proof.token);
  const set = await agreedUpon(receiver, proof);
  const webhook = { name, url: hook(url, proof.token), events, secret: proof.secret, active: true };
  const saved = found ? await up42.update(found.id, webhook) : await up42.create(webhook);
  const test = await testUntilPassed(up42, saved.id, { mayBeEarly: set.length > 0 });
  const read = await up42.get(saved.id);
  return report({ offered, found, set, test, read, differs: differences(read, webhook) });
}

/** Returns the events that can be subscribed to. Throws if a wanted one is not among them. */
async function subscribable(up42, events) {
  const names = (await up42.events()).map(({ name }) => name);
  const unknown = events.find((event) => !names.includes(event));
  if (unknown !== undefined)
    throw wrongUsage(`UP42 has no event "${unknown}". There are ${names.join(", ")}.`);
  return names;
}

/** Returns the webhook that delivers to the receiver's source; undefined if there is none. */
async function ourOnly(up42, url) {
  const ours = (await up42.list()).filter((webhook) => isOf(url, webhook.url));
  if (ours.length < 2) return ours[0];
  throw wrongUsage(
    `Several webhooks deliver to this address: --id chooses one of ${ours.map(({ id }) => id).join(", ")}.`,
  );
}

/** Returns the secret and the token: those that were given, those that UP42 has, or new ones. `isAgreed` is set if they were given. */
function proofFor({ url, worker, source, secret, token }, found) {
  const needsToken = source === undefined || source.token !== undefined;
  if (secret !== undefined || token !== undefined) {
    if (secret === undefined || (source?.token !== undefined && token === undefined))
      throw wrongUsage("Give both the secret and the token, or neither: then they are made.");
    return { secret, token, isAgreed: true };
  }
  if (!worker || !source)
    throw wrongUsage(
      "Give the receiver's secret and token with --secret-env and --token-env, or run this in the folder of its wrangler.toml.",
    );
  const kept = found && isOf(url, found.url) ? tokenIn(url, found.url) : undefined;
  return {
    secret: (found && secretOf(found)) ?? makeSecret(),
    token: needsToken ? (kept ?? makeSecret()) : undefined,
  };
}

/** Sets the secrets in the receiver, unless it has them. Returns the names of those that were set. */
const agreedUpon = async (receiver, { secret, token, isAgreed = false }) =>
  isAgreed ? [] : setInReceiver(receiver, { secret, token });

/** Returns the names of the values that UP42 did not keep as they were sent. */
const differences = (read, sent) =>
  ["url", "secret", "active", "events"].filter(
    (name) => JSON.stringify(read[name]) !== JSON.stringify(sent[name]),
  );

function report({ offered, found, set, test, read, differs }) {
  const webhook = publicOf(read);
  const ok = isPassed(test) && differs.length === 0;
  const parts = [
    `Events that can be subscribed to: ${offered.join(", ")}\n`,
    ...(set.length > 0 ? [`Set in the receiver: ${set.join(", ")}\n`] : []),
    `${found ? "Updated" : "Made"} the webhook:\n${pageOf(webhook)}`,
    testText(test),
    ...(differs.length > 0
      ? [`UP42 has kept another ${differs.join(", ")} than it was sent.\n`]
      : []),
    ...(isPassed(test) ? [] : [NOT_PASSED]),
  ];
  const json = { events: offered, created: !found, set, webhook, test, differs };
  return { ok, text: parts.join("\n"), json };
}

const NOT_PASSED =
  "UP42's test was not accepted. 401 or 404: the receiver has another secret or token than UP42. 503: it lacks one. To set both, run this\n" +
  "again in the folder of the receiver's wrangler.toml, without --secret… and --token….\n";
