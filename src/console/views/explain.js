// Why a delivery does not verify, and a draft for a sender that nobody knows. Everything happens in the page.
import { offline } from "../api.js";
import { html } from "../html.js";
import { captured } from "../explain/capture.js";
import { thePackage } from "../explain/package.js";
import { useWork, Wrong } from "../parts/dialog.js";
import { Choice, TextField } from "../parts/fields.js";
import { Page, Section } from "../parts/page.js";
import { Failure, Loading, sentence } from "../parts/states.js";
import { bytesInWords, Mark } from "../parts/values.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { plain } from "../words.js";
import { Becomes, Drafting } from "./drafting.js";

/** Shows the form, and what was found. */
export function Explain({ query }) {
  const [names, setNames] = useState(/** @type {string[] | undefined} */ (undefined));
  const [problem, setProblem] = useState(/** @type {any} */ (undefined));
  const begin = () => {
    setProblem(undefined);
    thePackage().then(
      (found) => setNames(found.providers().map(({ name }) => name)),
      () => setProblem(offline()),
    );
  };
  useEffect(begin, []);
  return html`<${Page} title="Explain">
    <p class="lead">Choose the provider, and paste a delivery with its headers: many providers show
      what they sent. The page itself looks for the cause: <strong>neither the delivery nor the
      secret leaves your browser.</strong></p>
    ${problem && html`<${Failure} problem=${problem} again=${begin} />`}
    ${!names && !problem && html`<${Loading} />`}
    ${names && html`<${Asked} names=${names} provider=${query.get("provider") ?? ""} />`}
  <//>`;
}

/** The choice of a sender that no provider's name stands for. */
const NOBODY = "";

function Asked({ names, provider: known }) {
  const [text, setText] = useState("");
  const [file, setFile] = useState(
    /** @type {{ name: string, bytes: Uint8Array } | undefined} */ (undefined),
  );
  const [asked, setAsked] = useState({
    ...NOTHING,
    provider: names.includes(known) ? known : NOBODY,
  });
  const [found, setFound] = useState(/** @type {any} */ (undefined));
  const set = (name) => (value) => setAsked((before) => ({ ...before, [name]: value }));
  const look = async () => {
    setFound(undefined);
    const delivery = captured(file?.bytes ?? new TextEncoder().encode(text));
    const result = await resultOf(delivery, asked);
    setFound(result);
    return result.said;
  };
  const { problem, isBusy, run } = useWork(look);
  const verb = asked.provider === NOBODY ? "Draft a definition" : "Explain";
  return html`
    <form class="stack" onSubmit=${run} autocomplete="off">
      <${Account} ...${{ asked, set, names }} />
      <${Capture} ...${{ text, setText, file, setFile }} />
      <${Wrong} problem=${problem && { code: "", ...problem, message: problem.message }} />
      <p><button type="submit" class="primary" disabled=${isBusy}>
        ${isBusy ? "Looking …" : verb}
      </button></p>
    </form>
    ${found?.explanation && html`<${Explanation} ...${found} />`}
    ${found?.draft && html`<${Drafting} ...${found} key=${found.key} />`}
  `;
}

const NOTHING = { secret: "", token: "", name: "my-sender" };

function Capture({ text, setText, file, setFile }) {
  const take = async (files) => {
    const [first] = files;
    if (first) setFile({ name: first.name, bytes: new Uint8Array(await first.arrayBuffer()) });
  };
  const drop = (event) => {
    event.preventDefault();
    void take(event.dataTransfer.files);
  };
  return html`<div class="field" onDragOver=${(event) => event.preventDefault()} onDrop=${drop}>
    <label for="capture">The delivery</label>
    ${
      file
        ? html`<p>${file.name}, ${bytesInWords(file.bytes.length)}
            <button type="button" class="small"
              onClick=${() => setFile(undefined)}>Remove</button></p>`
        : html`<textarea id="capture" rows="10" spellcheck="false" aria-describedby="capture-hint"
          placeholder=${SAMPLE}
            value=${text} onInput=${(event) => setText(event.target.value)}></textarea>`
    }
    <p class="hint" id="capture-hint">A request line, headers, an empty line and the body. Every
      byte counts, and pasting
    may change line ends: a file, dropped here or chosen below, keeps them.</p>
    <label class="file">Choose a file <input type="file"
      onChange=${(event) => take(event.target.files)} /></label>
  </div>`;
}

const SAMPLE = `POST /hooks/shop HTTP/1.1
Host: hooks.example.com
Webhook-Signature: v1,…

{"id":"…"}`;

function Account({ asked, set, names }) {
  const providers = names.map((name) => [name, name]);
  const isUnknown = asked.provider === NOBODY;
  return html`<div class="row">
    <${Choice} id="provider" label="Provider" any="None of these" value=${asked.provider}
      choices=${providers} onChange=${set("provider")} />
    ${
      isUnknown &&
      html`<${TextField} id="name" label="Name for the sender" value=${asked.name}
      pattern="[a-z0-9\\-]+" maxlength="32" onInput=${set("name")} />`
    }
    <${TextField} id="secret" label="Secret" type="password" autocomplete="off"
      value=${asked.secret} onInput=${set("secret")} hint="It stays in this page." />
    <${TextField} id="url-token" label="Token of the address" type="password" autocomplete="off"
      value=${asked.token} onInput=${set("token")} hint="Only if the source has one." />
  </div>`;
}

/** Returns what is found out about a delivery, and what is said of it. */
async function resultOf(delivery, { provider, secret, token, name }) {
  const proof = { ...(secret && { secrets: secret }), ...(token && { token }) };
  if (provider === NOBODY) {
    const { drafted } = await import("../explain/drafted.js");
    const draft = await drafted(name, delivery, proof);
    return { ...draft, delivery, name, key: Date.now(), said: "A definition is drafted." };
  }
  const { explain, normalize } = await thePackage();
  const explanation = await explain({ provider, ...delivery, ...proof });
  const { event, unread } = eventOf(() => normalize({ provider, ...delivery }));
  return { explanation, event, unread, said: `${verdictOf(explanation)}.` };
}

function eventOf(read) {
  try {
    return { event: read() };
  } catch (error) {
    return { unread: error.message };
  }
}

function verdictOf({ verified, code }) {
  if (verified) return "It verifies";
  return code === "source_not_configured" ? "Something is missing" : "It does not verify";
}

function Explanation({ explanation, event, unread }) {
  const { verified, code, causes, advice } = explanation;
  return html`<${Section} id="cause" title=${verdictOf(explanation)}>
      <p><${Mark}
        tone=${verified ? "good" : "bad"}>${verified ? "authentic" : plain(code ?? "refused")}<//></p>
      ${
        causes.length > 0
          ? html`<ol class="causes">${causes.map(
              ({ cause, advice }) => html`<li><strong>${plain(cause)}</strong><br />${advice}</li>`,
            )}</ol>`
          : html`<p>${sentence(advice)}</p>`
      }
    <//>
    <${Becomes} ...${{ event, unread }} />`;
}
