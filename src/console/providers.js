// What the catalogue says of each provider. It is loaded when it is first needed.
import { useEffect, useState } from "./vendor/hooks.js";

let loading;

/** Returns the catalogue: an entry for each provider, by name. */
function catalogue() {
  loading ??= fetch(new URL("./providers.json", import.meta.url))
    .then((answer) => answer.json())
    .then(({ providers: entries }) => new Map(entries.map((entry) => [entry.name, entry])))
    .catch((error) => {
      loading = undefined;
      throw error;
    });
  return loading;
}

/** Returns a provider's entry in the catalogue, once it is loaded; undefined if there is none. */
export function useCatalogue(provider) {
  const [entry, setEntry] = useState(/** @type {any} */ (undefined));
  useEffect(() => {
    let isWanted = true;
    catalogue().then(
      (entries) => isWanted && setEntry(entries.get(provider)),
      () => {},
    );
    return () => {
      isWanted = false;
    };
  }, [provider]);
  return entry;
}
