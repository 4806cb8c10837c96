// Replaces the secret of a webhook at UP42 without refusing a delivery.
import { putSecrets } from "../cloudflare/secrets.js";
import { Failure, wrongUsage } from "../failure.js";
import { isOf, makeSecret } from "./receiver.js";
import { testUntilPassed } from "./test.js";
import { isPassed, publicOf, secretOf, testText } from "./view.js";

/**
 * Rotates a webhook's secret. The source names two secrets. The second gets the new secret, UP42 then signs with it, and a test
 * shows that it is accepted. Only then the first gets it, too, which ends the old one. If it stops anywhere, another rotation
 * completes it.
 *
 * @param {import("./api.js").Up42} up42
 * @param {Awaited<ReturnType<typeof import("./receiver.js").receiverOf>>} receiver
 * @param {string | undefined} id
 */
export async function rotate(up42, receiver, id) {
  const { worker, source } = rotatable(receiver);
  const [first, second] = source.secrets;
  const webhook = await rotated(up42, receiver, id);
  // From here on, the first name holds the secret that UP42 signs with, even after a rotation that stopped.
  const fresh = makeSecret();
  up42.hide(fresh);
  await putSecrets(worker.folder, { [first]: webhook.secret, [second]: fresh });
  const { name, url, events, active } = webhook;
  await up42.update(webhook.id, { name, url, events, active, secret: fresh });
  const test = await testUntilPassed(up42, webhook.id, { mayBeEarly: true });
  if (!isPassed(test)) return unfinished(test, second);
  const read = await up42.get(webhook.id);
  if (read.secret !== fresh) return unfinished(test, second);
  await putSecrets(worker.folder, { [first]: fresh });
  const text = `${testText(test)}\nThe new secret is in use, and the old one is refused.\n`;
  return { ok: true, text, json: { rotated: true, webhook: publicOf(read), test } };
}

function rotatable({ worker, source, secret, token }) {
  if (secret !== undefined || token !== undefined)
    throw wrongUsage("rotate makes the secret: leave --secret… and --token….");
  if (!worker || !source)
    throw wrongUsage(
      "rotate sets the secret in the receiver: run it in the folder of its wrangler.toml.",
    );
  if (source.secrets.length === 2) return { worker, source };
  const [name = "UP42_SECRET"] = source.secrets;
  throw wrongUsage(
    `The receiver must accept the old and the new secret for a while. Name two for ${source.name} in ${worker.file}: ` +
      `secrets = ["${name}", "${name}_NEXT"]. Deploy, with any value for the second, and run this again.`,
  );
}

async function rotated(up42, { url, source }, id) {
  const all = id === undefined ? await up42.list() : [await up42.get(id)];
  const isOurs = (webhook) =>
    id !== undefined || (url ? isOf(url, webhook.url) : isNamed(webhook.url, source.name));
  const ours = all.filter(isOurs);
  if (ours.length !== 1)
    throw wrongUsage(
      `${ours.length === 0 ? "No webhook delivers" : "Several webhooks deliver"} to ${source.name}: --id names one, list shows them.`,
    );
  if (secretOf(ours[0]) === undefined)
    throw new Failure(
      "no_secret",
      "UP42 shows no secret of the webhook. orderhook connect up42 gives it one.",
    );
  return ours[0];
}

const isNamed = (text, name) =>
  URL.canParse(text) && new URL(text).pathname.startsWith(`/hooks/${name}`);

function unfinished(test, second) {
  const text =
    `${testText(test)}\nThe receiver takes both secrets, the old one and the new one (${second}), so nothing is refused for its secret. ` +
    "Look at the answer above, and run rotate again.\n";
  return { ok: false, text, json: { rotated: false, test } };
}
