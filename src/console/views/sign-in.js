// The way in: a token, once.
import { html } from "../html.js";
import { useWork, Wrong } from "../parts/dialog.js";
import { TextField } from "../parts/fields.js";
import { Page } from "../parts/page.js";
import { signIn } from "../session.js";
import { useState } from "../vendor/hooks.js";

/** Asks for a token. `reason` says why. */
export function SignIn({ reason }) {
  const [token, setToken] = useState("");
  const { problem, isBusy, run } = useWork(() => signIn({ token: token.trim() }));
  return html`<${Page} title="Sign in" label="Sign in">
    <p class="lead"><img src="icon.svg" alt="" width="22" height="22" /> orderhook: what came in,
      where each order is, and where it went on to.</p>
    ${reason && !problem && html`<p class="notice" role="status">${reason}</p>`}
    <form class="stack" onSubmit=${run}>
      <${TextField}
        id="token"
        label="Token"
        type="password"
        value=${token}
        onInput=${setToken}
        autocomplete="current-password"
        required=${true}
        hint="DISPATCH_TOKEN, or a token that was made for you. It is sent to dispatch once, and not kept here."
      />
      <${Wrong} problem=${problem && inWords(problem)} />
      <p><button type="submit" class="primary" disabled=${isBusy}>
        ${isBusy ? "Signing in …" : "Sign in"}
      </button></p>
    </form>
    <${Hints} />
  <//>`;
}

const inWords = (problem) =>
  problem.code === "token_invalid"
    ? { ...problem, message: "dispatch does not know this token" }
    : problem;

function Hints() {
  return html`<div class="soft prose">
    <p>On your own machine, <code>npm start</code> prints a link that signs you in, and the token is
    in <code>.dev.vars</code>. At Cloudflare, <code>npm run deploy</code> printed it.</p>
    <p>A session lasts twelve hours. It ends at once when its token is deleted.</p>
  </div>`;
}
