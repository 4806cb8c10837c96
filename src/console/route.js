// The address of a view is in the URL's fragment: it survives a reload, and no server logs the ids in it.
import { store } from "./store.js";

/** Reads a fragment such as `#/orders/shop/1001?status=shipped`. */
export function parsed(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { parts: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * Returns the address of a view. Members of `query` without a value are left out.
 *
 * @param {string[]} parts
 * @param {Record<string, string | null | undefined>} [query]
 */
export function href(parts, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  const params = new URLSearchParams(/** @type {[string, string][]} */ (given)).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${params && `?${params}`}`;
}

export const route = store(parsed(location.hash));

addEventListener("hashchange", () => route.set(parsed(location.hash)));

/** Goes to another view. */
export function go(address) {
  location.hash = address;
}

/** Changes the address of this view without a new entry in the browser's history. */
export function replace(address) {
  history.replaceState(null, "", address);
  route.set(parsed(location.hash));
}
