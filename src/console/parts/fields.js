// The fields of forms. Each has its label, and says what is wrong with it.
import { html } from "../html.js";

/** Shows a field under its label. `hint` explains it. */
export function Field({ label, hint, id, children }) {
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

/** Shows a field for one line of text. */
export function TextField({ label, hint, id, value, onInput, type = "text", ...more }) {
  return html`<${Field} ...${{ label, hint, id }}>
    <input
      ...${more}
      id=${id}
      type=${type}
      value=${value}
      aria-describedby=${hint && `${id}-hint`}
      onInput=${(event) => onInput(event.target.value)}
    />
  <//>`;
}

/** Shows a choice of one value. A choice is a value, or a value and its name. A value that is no choice is added. */
export function Choice({ label, hint, id, value, choices, onChange, any }) {
  const isThere = !value || choices.some((choice) => [choice].flat()[0] === value);
  const all = isThere ? choices : [...choices, value];
  return html`<${Field} ...${{ label, hint, id }}>
    <select id=${id} value=${value} aria-describedby=${hint && `${id}-hint`}
      onChange=${(event) => onChange(event.target.value)}>
      ${any !== undefined && html`<option value="" selected=${!value}>${any}</option>`}
      ${all.map((choice) => {
        const [of, name] = [choice].flat();
        return html`<option value=${of} selected=${of === value}>${name ?? of}</option>`;
      })}
    </select>
  <//>`;
}

/** Shows a choice of several values, in a group of its own. */
export function Choices({ legend, hint, values, choices, onChange }) {
  const toggle = (of, isOn) =>
    onChange(isOn ? [...values, of] : values.filter((other) => other !== of));
  return html`<fieldset class="choices">
    <legend>${legend}</legend>
    ${hint && html`<p class="hint">${hint}</p>`}
    <div>
      ${choices.map((choice) => {
        const [of, name] = [choice].flat();
        return html`<label class="check"><input
          type="checkbox"
          checked=${values.includes(of)}
          onChange=${(event) => toggle(of, event.target.checked)}
        /> ${name ?? of}</label>`;
      })}
    </div>
  </fieldset>`;
}

/** Returns a moment as `datetime-local` has it, in the reader's zone; an empty text for none. */
export function localOf(moment) {
  if (!moment) return "";
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Returns what a `datetime-local` field has, as RFC 3339 in UTC; an empty text for none. */
export const momentOf = (local) => (local ? new Date(local).toISOString() : "");
