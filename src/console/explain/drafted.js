// Chooses among drafts of a definition: the first that the package takes, and that proves the delivery.
import { drafts } from "./draft.js";
import { thePackage } from "./package.js";
import { signedAt } from "./scheme.js";
import { tomlOf } from "./toml.js";

/**
 * Returns a draft as TOML, and whether it proves the delivery. Without a secret or a token nothing can be proved.
 *
 * @param {string} name
 * @param {import("./capture.js").Captured} delivery
 * @param {{ secrets?: string, token?: string }} proof
 */
export async function drafted(name, delivery, proof) {
  const { check } = await thePackage();
  const all = drafts(name, delivery, proof.secrets !== undefined);
  const sound = [];
  for (const draft of all) if ((await check(draft)) === null) sound.push(draft);
  for (const draft of sound)
    if (await isProved(draft, delivery, proof)) return { draft: tomlOf(draft), isProved: true };
  return { draft: tomlOf(sound[0] ?? all[0]), isProved: false };
}

async function isProved(provider, delivery, proof) {
  if (proof.secrets === undefined && proof.token === undefined) return false;
  const { verifyAsync } = await thePackage();
  const account = /** @type {any} */ ({ provider, ...delivery, ...proof });
  return verifyAsync({ ...account, now: signedAt(delivery.headers) }).then(
    () => true,
    () => false,
  );
}
