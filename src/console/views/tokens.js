// The tokens that open the API and this page.
import { path, send } from "../api.js";
import { useAnswer } from "../answers.js";
import { html } from "../html.js";
import { Asking, useWork, Wrong } from "../parts/dialog.js";
import { Choice, TextField } from "../parts/fields.js";
import { Page, Section } from "../parts/page.js";
import { Secret } from "../parts/secret.js";
import { Answered } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Time } from "../parts/values.js";
import { useMayChange } from "../session.js";
import { useState } from "../vendor/hooks.js";

const ACCESS = [
  ["read", "Read only"],
  ["full", "Full: may change everything"],
];

/** Shows the tokens. */
export function Tokens() {
  const tokens = useAnswer("/v1/tokens");
  const mayChange = useMayChange();
  const columns = mayChange ? [...COLUMNS, deleteColumn(tokens.again)] : COLUMNS;
  return html`<${Page} title="Tokens">
    <p class="lead">Give each program and each colleague a token of their own: the audit shows its
      name, and deleting
    it ends its sessions. <code>DISPATCH_TOKEN</code> is not listed.</p>
    ${mayChange && html`<${Create} made=${tokens.again} />`}
    <${Answered} of=${tokens}>${({ tokens }) =>
      tokens.length > 0
        ? html`<${Table} label="Tokens" columns=${columns} rows=${tokens}
          keyOf=${({ name }) => name} />`
        : html`<p class="state">No token yet. <code>DISPATCH_TOKEN</code> alone opens
          dispatch.</p>`}<//>
  <//>`;
}

function Create({ made }) {
  const [name, setName] = useState("");
  const [access, setAccess] = useState("read");
  const [token, setToken] = useState(/** @type {any} */ (undefined));
  const create = async () => {
    const { json } = await send("POST", "/v1/tokens", { name, access }, { once: true });
    setToken(json);
    setName("");
    made();
    return `The token ${json.name} is made.`;
  };
  const { problem, isBusy, run } = useWork(create);
  return html`<${Section} id="create" title="Make a token">
    ${
      token &&
      html`<${Secret} name=${`The token ${token.name}`} secret=${token.secret}
        close=${() => setToken(undefined)}>
        Dispatch cannot show it again.
      <//>`
    }
    <form class="row" onSubmit=${run}>
      <${TextField}
        id="name" label="Name" required=${true} maxlength="32" pattern="[a-z0-9][a-z0-9\\-]*"
          autocomplete="off" value=${name}
        onInput=${setName} hint="Small letters, digits and hyphens."
      />
      <${Choice} id="access" label="Access" value=${access} choices=${ACCESS}
        onChange=${setAccess} />
      <button type="submit" class="primary" disabled=${isBusy}>Make</button>
    </form>
    <${Wrong} problem=${problem} />
  <//>`;
}

const COLUMNS = [
  { title: "Name", kind: "main", cell: ({ name }) => name },
  { title: "Access", cell: ({ access }) => (access === "read" ? "read only" : access) },
  { title: "Made", cell: ({ created_at: at }) => html`<${Time} at=${at} always=${true} />` },
];

const deleteColumn = (again) => ({
  title: "Action",
  kind: "act",
  cell: ({ name }) => html`<${Delete} ...${{ name, again }} />`,
});

function Delete({ name, again }) {
  const remove = async () => {
    await send("DELETE", path("tokens", name));
    again();
    return `The token ${name} is deleted.`;
  };
  return html`<${Asking} label="Delete" tone="small danger-quiet"
    title=${`Delete the token ${name}?`} verb="Delete" work=${remove}>
    <p>Programs and people that use it are refused from then on.</p>
  <//>`;
}
