// The hosts of the Workers themselves. dispatch posts no event to them.

/**
 * Returns the hosts at which the Workers are reached: those of their routes, and those below workers.dev.
 *
 * @param {any[]} workers
 * @param {string} [subdomain] the account's at workers.dev
 */
export function hostsOf(workers, subdomain) {
  const hosts = workers.flatMap(({ name, config }) => [
    ...routesOf(config).map(hostOf),
    ...(subdomain && config.workers_dev !== false ? [`${name}.${subdomain}.workers.dev`] : []),
  ]);
  return [...new Set(hosts)].filter((host) => !host.includes("*"));
}

/** Returns the configuration that dispatch is deployed with: it names these hosts beside those that it names itself. */
export function withOwnHosts(config, hosts) {
  const named = String(config.vars?.OWN_HOSTS ?? "").split(/[\s,]+/);
  const all = [...new Set([...named, ...hosts])].filter(Boolean);
  return { ...config, vars: { ...config.vars, OWN_HOSTS: all.join(" ") } };
}

const routesOf = ({ route, routes = [] }) =>
  [route, ...routes].filter(Boolean).map((each) => each.pattern ?? each);

const hostOf = (pattern) => pattern.replace(/^https?:\/\//, "").split("/")[0];
