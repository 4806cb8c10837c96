// Explains why a delivery does not verify. The search is a module of its own, which is loaded when it is first used: programs
// that only receive deliveries do not load it.
import { advice, clock, UNEXPLAINED } from "./advice.js";
import { normalize, verifyAsync } from "./api.js";
import { bytes, heard, instant, offered, texts } from "./arguments.js";
import { definitionOf, names } from "./definition.js";
import { WebhookError } from "./error.js";
import { headerText } from "./header.js";
import { lastKeys } from "./keys.js";
import { setting, settingsOf } from "./settings.js";
import { isHeld, searching } from "./signature.js";

/** Codes of the caller's mistakes, which are thrown: without a delivery there is nothing to explain. */
const THROWN = [
  "unknown_provider",
  "invalid_definition",
  "invalid_body",
  "body_too_large",
  "invalid_headers",
  "invalid_now",
  "not_initialized",
];

let loading;

/**
 * Explains why a delivery does not verify. Tries the usual mistakes, alone and in pairs. `load` loads the module that
 * searches.
 *
 * @param {Parameters<typeof import("../index.js").explain>[0]} delivery
 * @param {() => Promise<typeof import("../dist/explain.js")>} load
 * @returns {ReturnType<typeof import("../index.js").explain>}
 */
export async function explain({ otherSecrets, ...asked }, load) {
  const given = {
    ...asked,
    headers: heard(asked.headers),
    now: asked.now === undefined ? Date.now() : asked.now,
  };
  let refusal;
  try {
    const { secretIndex } = await verifyAsync(given);
    return { verified: true, secretIndex, code: null, causes: [], advice: "It verifies." };
  } catch (error) {
    if (!(error instanceof WebhookError) || THROWN.includes(error.code)) throw error;
    refusal = error;
  }
  const found = await search(given, texts(otherSecrets), load);
  const causes = found === undefined ? [] : named(found, instant(given.now));
  found?.free();
  // A signature that holds leaves the token alone.
  if (causes.length === 0 && refusal.code === "body_not_authenticated")
    causes.push({ cause: "token", advice: advice("token") });
  const all = sentence(causes, refusal, isUnusable(given));
  return { verified: false, secretIndex: null, code: refusal.code, causes, advice: all };
}

/** Returns whether a setting has no usable value, for example a secret whose variable is not set. */
function isUnusable(account) {
  try {
    settingsOf(account);
    return false;
  } catch {
    return true;
  }
}

async function search(given, others, load) {
  loading ??= load();
  const module = await loading.catch((error) => {
    loading = undefined;
    throw error;
  });
  const { provider, scheme, token, body, headers, now } = given;
  const url = given.registeredUrl ?? given.url ?? "";
  const { name, text } = definitionOf(provider);
  const hasToken = typeof token === "string" && token === offered(given);
  const catalogue = names
    .filter((other) => other !== name)
    .flatMap((other) => [other, definitionOf(other).text]);
  return searching(() =>
    module.explain(
      hostOf(given, name),
      name,
      text,
      setting("scheme", scheme),
      catalogue,
      keysOf(given),
      others,
      hasToken,
      String(url),
      bytes(body),
      headers.listed(),
      instant(now),
    ),
  );
}

/** Returns the functions that the search calls. None throws. */
function hostOf({ headers, ...given }, name) {
  return {
    header: (name) => quietly(() => headerText(headers.get(name.toLowerCase()))),
    // The search overwrites its memory once it goes on.
    holds: (algorithm, key, content, signed) =>
      quietly(() =>
        isHeld({ algorithm, key: key.slice(), content: content.slice(), signed: signed.slice() }),
      ) === true,
    understands: (other) =>
      isUnderstood({
        ...given,
        headers,
        ...(other !== name && { provider: other, scheme: undefined }),
      }),
  };
}

/** Returns the account's secrets, or the keys that were fetched for it. */
function keysOf({ provider, scheme, secrets, jwks }) {
  if (jwks === undefined) return texts(secrets);
  return texts(quietly(() => lastKeys(settingsOf({ provider, scheme, jwks }))));
}

/** Returns whether the provider's reader understands the body. */
function isUnderstood(given) {
  const read = quietly(() => normalize(given));
  return [read].flat().some((event) => event != null && "order" in event.data);
}

function quietly(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Returns the causes that the search found, and what to do about each. */
function named({ provider, secretIndex, signedAt, causes, header }, now) {
  const known = {
    other_provider: provider,
    other_secret: secretIndex,
    wrong_header: header,
    missing_signature: header,
    covered_header: header,
    not_covered: header,
    clock: clock(signedAt, Math.floor(now / 1000)),
  };
  return causes.map((cause) => ({ cause, advice: advice(cause, known[cause]) }));
}

function sentence(causes, { code, message }, isUnusable) {
  const advice = causes.map((each) => each.advice);
  if (code !== "source_not_configured") return advice.join(" ") || `${message}. ${UNEXPLAINED}`;
  // An unusable setting comes first, unless a cause says more about the same setting.
  const isSetting = ({ cause }) => cause === "token" || cause.startsWith("secret_");
  return (!isUnusable && causes.some(isSetting) ? advice : [`${message}.`, ...advice]).join(" ");
}
