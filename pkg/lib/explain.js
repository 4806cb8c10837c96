// Explains why a delivery does not verify. The search is a module of its own, which is loaded when it is first used: programs
// that only receive deliveries do not load it.
import { UNEXPLAINED, advice, clock } from "./advice.js";
import { normalize, providers, verify } from "./api.js";
import { WebhookError } from "./error.js";
import { headerText } from "./header.js";
import { bytes, heard, instant, offered, texts } from "./arguments.js";
import { settingsOf } from "./settings.js";

/** Codes of the caller's mistakes, which are thrown: without a delivery there is nothing to explain. */
const THROWN = [
  "unknown_provider",
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
    const { secretIndex } = verify(given);
    return { verified: true, secretIndex, code: null, causes: [], advice: "It verifies." };
  } catch (error) {
    if (!(error instanceof WebhookError) || THROWN.includes(error.code)) throw error;
    refusal = error;
  }
  const found = await search(given, texts(otherSecrets), load);
  const causes = named(found, instant(given.now));
  found.free();
  const advice = sentence(causes, refusal, isUnusable(given));
  return { verified: false, secretIndex: null, code: refusal.code, causes, advice };
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
  const { provider, secrets, token, url = "", body, headers, now } = given;
  const hasToken = typeof token === "string" && token === offered(given);
  return module.explain(
    { header: (name) => quietly(() => headerText(headers.get(name.toLowerCase()))) },
    provider,
    texts(secrets),
    others,
    hasToken,
    String(url),
    bytes(body),
    headers.listed(),
    understood(given),
    instant(now),
  );
}

/** Names the providers whose reader understands the body. */
function understood(given) {
  const isUnderstood = ({ name }) => {
    const event = quietly(() => normalize({ ...given, provider: name }));
    return event != null && "order" in event.data;
  };
  return providers()
    .filter(isUnderstood)
    .map(({ name }) => name);
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
    clock: clock(signedAt, Math.floor(now / 1000)),
  };
  return causes.map((cause) => ({ cause, advice: advice(cause, known[cause]) }));
}

function sentence(causes, { code, message }, isUnusable) {
  const advice = causes.map((each) => each.advice);
  if (code !== "source_not_configured") return advice.join(" ") || `${message}. ${UNEXPLAINED}`;
  // An unusable setting is told first, unless a cause says more about the same setting.
  const isSetting = ({ cause }) => cause === "token" || cause.startsWith("secret_");
  return (!isUnusable && causes.some(isSetting) ? advice : [`${message}.`, ...advice]).join(" ");
}
