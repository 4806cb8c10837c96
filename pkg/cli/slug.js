/** The names that a provider and a source may have. */
export const NAME = /^[a-z0-9-]{1,32}$/;

/** Returns `Order Ready for Self-Pickup`, `out_for_delivery` and `HoldByCIImageIssue` as they are typed in a shell. */
export const slug = (text) =>
  text
    .replace(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3-$2$4")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .toLowerCase();
