/** Returns the seconds of a response's `Retry-After`; undefined if it has none, or a date. */
export function retryAfter({ headers }) {
  const value = headers.get("retry-after") ?? "";
  return /^\d+$/.test(value) ? Number(value) : undefined;
}
