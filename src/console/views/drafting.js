// A drafted definition: it can be changed, and is checked at each change.
import { definitionOf, thePackage } from "../explain/package.js";
import { html } from "../html.js";
import { useWork, Wrong } from "../parts/dialog.js";
import { Section } from "../parts/page.js";
import { Content } from "../parts/payload.js";
import { Copy } from "../parts/secret.js";
import { Mark } from "../parts/values.js";
import { useEffect, useState } from "../vendor/hooks.js";

/** Shows a draft, what is wrong with it, and the event that it makes of the delivery. */
export function Drafting({ draft, isProved, delivery, name }) {
  const [toml, setToml] = useState(draft);
  const [result, setResult] = useState(/** @type {any} */ (undefined));
  const look = async () => {
    setResult(undefined);
    const found = await checked(name, toml, delivery);
    setResult(found);
    return found.fault ? "The definition has a mistake." : "The definition is right.";
  };
  const { problem, isBusy, run } = useWork(look);
  useEffect(() => void run(), []);
  return html`<${Section} id="draft" title="A definition to begin with">
      ${
        toml === draft &&
        html`<p>${
          isProved
            ? html`<${Mark} tone="good">it proves this delivery with your secret<//>`
            : html`<${Mark} tone="warn">it does not prove this delivery yet<//>`
        }</p>`
      }
      <p>Names were guessed from this one delivery: compare each line with the sender's page, and add
        every word that it lists.</p>
      <form onSubmit=${run}>
        <label for="definition">Definition (TOML)</label>
        <textarea id="definition" rows="22" spellcheck="false" value=${toml}
          onInput=${(event) => setToml(event.target.value)}></textarea>
        <p><button type="submit" disabled=${isBusy}>Check</button> <${Copy} text=${toml}
          what="the definition" /></p>
      </form>
      <${Wrong} problem=${problem && { code: problem.line && `line ${problem.line}`, message: problem.message.split("\n")[0] }} />
      ${
        result?.fault &&
        html`<p class="notice bad"
        role="alert"><code>${result.fault.key || "the definition"}</code>: ${result.fault.text}</p>`
      }
      ${
        result &&
        !result.fault &&
        html`<p class="notice">The definition is right. Save it
          as <code>providers/${name}/provider.toml</code> in your clone, and give a
        source <code>provider = "${name}"</code>.</p>`
      }
    <//>
    ${result && !result.fault && html`<${Becomes} ...${result} />`}`;
}

/** Shows the event that a delivery becomes. */
export function Becomes({ event, unread }) {
  return html`<${Section} id="event" title="The event that it would become">
    ${unread && html`<p class="notice bad">${unread}</p>`}
    ${event === null && html`<p>None: it is a test, or says nothing of an order's state.</p>`}
    ${event && html`<${Content} text=${JSON.stringify(event)} label="Event" file="event.json" />`}
  <//>`;
}

/** Returns what is wrong with a definition, or the event that it makes of a delivery. */
async function checked(name, toml, delivery) {
  const { check, normalize } = await thePackage();
  const provider = /** @type {any} */ (await definitionOf(name, toml));
  const fault = await check(provider);
  if (fault) return { fault };
  try {
    return { event: normalize({ provider, ...delivery }) };
  } catch (error) {
    return { unread: error.message };
  }
}
