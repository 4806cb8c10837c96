// Finds the token in a URL, and shows URLs without their token.
import { wrongUsage } from "./failure.js";

/** Returns the URL of a text. Throws if nothing can be posted to it. */
export function address(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw wrongUsage("--url takes an address to post to, as https://example.com/hooks/orders.");
  if (url.username || url.password)
    throw wrongUsage('--url takes no password: send it with --header "Authorization: …".');
  return url;
}

/**
 * Returns the URL with the token as the last segment of its path, or with `sent` in the token's place. The URL may end with the
 * token already. A slash at the end is kept.
 */
export function withToken(url, token, sent = token) {
  const slash = url.pathname !== "/" && url.pathname.endsWith("/") ? "/" : "";
  const path = url.pathname.replace(/\/$/, "");
  const before = path.endsWith(`/${token}`) ? path.slice(0, -token.length - 1) : path;
  return Object.assign(new URL(url), { pathname: `${before}/${sent}${slash}` });
}

/**
 * Returns the URL as text: without the last segment of its path if it `hasToken`, and with the query values of `names` alone.
 *
 * @param {URL} url
 * @param {{ hasToken: boolean, names?: string[] }} options
 */
export function shown(url, { hasToken, names = [] }) {
  const path = hasToken ? url.pathname.replace(/[^/]+(\/?)$/, "<token>$1") : url.pathname;
  const pairs = [...url.searchParams].map(([name, value]) =>
    names.includes(name) ? `${name}=${value}` : `${name}=…`,
  );
  return `${url.origin}${path}${pairs.length > 0 ? `?${pairs.join("&")}` : ""}`;
}

/** Returns the last segment of the path: the token, or the text in its place. */
export const lastSegment = (url) => url.pathname.match(/([^/]*)\/?$/)[1];

/** Returns whether the provider's deliveries may be posted to a URL that holds a token. */
export const mayHaveToken = ({ authenticates }) => authenticates !== "body";
