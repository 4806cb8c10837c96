// The log-in at UP42. Its tokens live for five minutes, so that one is fetched again when it is refused.
import { ask } from "../ask.js";
import { Failure, ONLINE, PATIENCE_MS, unreachable, wrongUsage } from "../failure.js";

const TOKENS = "https://auth.up42.com/realms/public/protocol/openid-connect/token";

/** Returns the user's name and password: those of the environment, or those that are typed. */
export async function credentials(env = process.env) {
  const { UP42_USERNAME: username, UP42_PASSWORD: password } = env;
  if (username && password) return { username, password };
  if (!process.stdin.isTTY)
    throw wrongUsage("Set UP42_USERNAME and UP42_PASSWORD, the log-in at UP42.");
  return {
    username: username || (await typed("UP42's user (an e-mail address, not shown): ")),
    password: password || (await typed("Password at UP42 (not shown): ")),
  };
}

const typed = (question) => ask(question, () => undefined, { output: process.stderr });

/** Returns a function that fetches a token. */
export function login({ username, password }, env = process.env) {
  const url = env.UP42_AUTH_URL || TOKENS;
  const form = { grant_type: "password", client_id: "up42-api", username, password };
  return async () => {
    const response = await post(url, new URLSearchParams(form));
    const answer = await response.json().catch(() => undefined);
    if (response.ok && typeof answer?.access_token === "string") return answer.access_token;
    if (response.status === 400 || response.status === 401)
      throw new Failure(
        "not_permitted",
        "UP42 refuses the log-in: the user or the password is wrong. They are those of console.up42.com.",
      );
    throw new Failure("up42_failed", `UP42's log-in answered ${response.status}. Try again later.`);
  };
}

async function post(url, body) {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return await fetch(url, { method: "POST", body, redirect: "error", signal });
  } catch (error) {
    throw unreachable(new URL(url).origin, error, ONLINE);
  }
}
