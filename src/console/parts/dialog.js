// Questions before something is done. A dialog is the browser's own: it keeps the focus, and Escape closes it.
import { announce } from "../announce.js";
import { html } from "../html.js";
import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { sentence } from "./states.js";

/** Shows a dialog over the page until `close` is called. */
export function Dialog({ title, close, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  // Before anything is drawn, so that a key that comes at once finds it.
  useLayoutEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      // While it is open, nothing else can take the focus.
      shown?.close();
      before?.focus();
    };
  }, []);
  return html`<dialog ref=${dialog} aria-labelledby="dialog-title" onClose=${close}
    onCancel=${close}>
    <h2 id="dialog-title">${title}</h2>
    ${children}
  </dialog>`;
}

/**
 * Asks before `work` is done. `work` returns what is announced then; a Problem of its own is shown in the dialog.
 */
export function Confirm({ title, verb, isDangerous = true, work, close, children }) {
  const { problem, isBusy, run } = useWork(work, close);
  return html`<${Dialog} title=${title} close=${close}>
    <form onSubmit=${run}>
      ${children}
      <${Wrong} problem=${problem} />
      <div class="dialog-actions">
        <button type="button" onClick=${close}>Cancel</button>
        <button type="submit" class=${isDangerous ? "danger" : "primary"} disabled=${isBusy}>
          ${isBusy ? "Working …" : verb}
        </button>
      </div>
    </form>
  <//>`;
}

/** Shows why something was not done. */
export function Wrong({ problem }) {
  return problem
    ? html`<p class="notice bad" role="alert">${sentence(problem.message)} <span
      class="soft">${problem.code}</span></p>`
    : null;
}

/**
 * Returns how to run `work` once at a time, for a form's submission or a click. What `work` returns is announced.
 *
 * @param {() => Promise<string | void>} work
 * @param {() => void} [done]
 */
export function useWork(work, done = () => {}) {
  const [state, setState] = useState(/** @type {{ isBusy?: boolean, problem?: any }} */ ({}));
  const run = async (event) => {
    event?.preventDefault?.();
    if (state.isBusy) return;
    setState({ isBusy: true });
    try {
      const said = await work();
      setState({});
      if (said) announce(said);
      done();
    } catch (problem) {
      setState({ problem });
    }
  };
  return { ...state, run };
}

/**
 * Shows a button that asks first. `children` is the question; other members are those of `Confirm`.
 */
export function Asking({ label, tone = "", children, ...confirm }) {
  const [isOpen, setOpen] = useState(false);
  const question = html`<${Confirm} ...${confirm} close=${() => setOpen(false)}>${children}<//>`;
  return html`<button class=${tone} onClick=${() => setOpen(true)}>${label}</button>
    ${isOpen && question}`;
}
