// The end of a deployment: the addresses, and the secrets that were made.
import { sourcesOf, table } from "../lib/cli.js";

/**
 * Returns the address that a Worker is reached at: its own domain, or else the one on workers.dev. `targets` are the places that
 * wrangler names.
 *
 * @param {string[]} targets
 */
export function addressOf(targets) {
  const hosts = targets.map((target) => target.replace(/^https:\/\//, ""));
  for (const pattern of [
    /^([\w.-]+) \(custom domain/,
    /^([\w-]+\.[\w.-]+)\/\*/,
    /^([\w.-]+\.workers\.dev)$/,
  ]) {
    const found = hosts.map((host) => host.match(pattern)?.[1]).find(Boolean);
    if (found) return `https://${found}`;
  }
  return undefined;
}

/** Returns the end of the path that a provider appends an order's id to, where it does so: `/?orderid=`. */
function endOf(definition) {
  const name = definition?.order?.url_id?.query;
  return name === undefined ? "" : `/?${name}=`;
}

/**
 * Returns the addresses to give to the providers, as lines. A new token stands in its address, once; of another one its name does.
 *
 * @param {{ config: any, values: any[], address: string | undefined, definitions: Map<string, object> }} deployed
 */
export function providersText({ config, values, address, definitions }) {
  const made = new Map(
    values.filter(({ isMade }) => isMade).map(({ name, value }) => [name, value]),
  );
  const rows = sourcesOf(config).map(({ name, provider, secrets, token }) => {
    const segment = token === undefined ? "" : `/${made.get(token) ?? `‹${token}›`}`;
    const url = `${address ?? "https://HOST"}/hooks/${name}${segment}${endOf(definitions.get(provider))}`;
    return [name, url, secrets.length > 0 ? `secret: ${secrets.join(", ")}` : "no secret"];
  });
  return `Give to each provider (providers/<name>/README.md says where):\n${table(rows)}`;
}

/** Returns the new secrets, as lines, without those that stand in an address; an empty text if there are none. */
export function madeText(values) {
  const made = values.filter(({ isMade, isToken }) => isMade && !isToken);
  if (made.length === 0) return "";
  const rows = made.map(({ name, value, what }) => [name, value, what]);
  return `Made and set. They are shown here only, and once: keep them where you keep passwords.\n${table(rows)}`;
}

/**
 * Returns what to do next, as lines.
 *
 * @param {{ receiver?: string, dispatch?: string, hasUp42: boolean }} deployed
 */
export function nextText({ receiver, dispatch, hasUp42 }) {
  const rows = [
    [`curl ${receiver ?? "https://HOST"}/healthz`, '"ok", once every source has its secrets'],
    ...(hasUp42 ? [["npm run connect -- up42 --help", "makes the webhook at UP42"]] : []),
    ...(dispatch
      ? [
          [
            `export ORDERHOOK_DISPATCH=${dispatch}`,
            "and ORDERHOOK_DISPATCH_TOKEN=<DISPATCH_TOKEN>; then",
          ],
          ["npm run events -- --follow", "events, as they come"],
        ]
      : []),
  ];
  return `Next:\n${table(rows)}`;
}
