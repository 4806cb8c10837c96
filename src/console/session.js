// Who is signed in. dispatch keeps the session in a cookie that the page cannot read.
import { announce } from "./announce.js";
import { get, onEnd, send } from "./api.js";
import { store } from "./store.js";

const PATH = "/v1/session";

/**
 * `name` is that of the token, `access` is `read` or `full`, and `reason` says why nobody is signed in.
 *
 * @typedef {{ state: "unknown" | "in" | "out", name?: string, access?: string,
 *   expires_at?: string | null, reason?: string }} Session
 */

export const session = store(/** @type {Session} */ ({ state: "unknown" }));

onEnd(() => {
  if (session.get().state === "in")
    session.set({ state: "out", reason: "Your session has ended. Sign in again." });
});

/** Finds out who is signed in. A one-time code in the address signs in first, and leaves the address. */
export async function begin() {
  const [, code] = location.hash.match(/^#code=([\w.~-]+)$/) ?? [];
  if (code === undefined) return restore();
  history.replaceState(null, "", "#/");
  dispatchEvent(new HashChangeEvent("hashchange"));
  await signIn({ code }).catch(() =>
    restore("This link has been used, or is too old. Sign in with a token."),
  );
}

async function restore(reason) {
  try {
    session.set({ state: "in", ...(await get(PATH)) });
  } catch (problem) {
    const out = problem.status === 401 ? reason : problem.message;
    session.set({ state: "out", reason: out });
  }
}

/**
 * Signs in with a token or a one-time code. Throws a Problem.
 *
 * @param {{ token: string } | { code: string }} proof
 */
export async function signIn(proof) {
  const { json } = await send("POST", PATH, proof);
  session.set({ state: "in", ...json });
  announce("Signed in.");
}

/** Signs out, here and at dispatch. Throws a Problem if dispatch could not be told. */
export async function signOut() {
  await send("DELETE", PATH);
  session.set({ state: "out", reason: "You are signed out." });
}

/** Returns whether the signed-in person may change something. */
export const useMayChange = () => session.use().access === "full";
