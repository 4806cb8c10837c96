// A component that is loaded when it is first shown.
import { offline } from "../api.js";
import { html } from "../html.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { Failure, Loading } from "./states.js";

/** Returns a component in the place of one that `load` promises. */
export function later(load) {
  let Loaded;
  return function Later(given) {
    const [problem, setProblem] = useState(/** @type {any} */ (undefined));
    const [, setLoaded] = useState(Loaded !== undefined);
    const begin = () => {
      setProblem(undefined);
      load().then(
        (Found) => {
          Loaded = Found;
          setLoaded(true);
        },
        () => setProblem(offline()),
      );
    };
    useEffect(() => {
      if (Loaded === undefined) begin();
    }, []);
    if (Loaded !== undefined) return html`<${Loaded} ...${given} />`;
    return problem ? html`<${Failure} problem=${problem} again=${begin} />` : html`<${Loading} />`;
  };
}
