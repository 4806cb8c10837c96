// Tells miniflare how to bind a KV namespace or a queue to a server of the test's own.
const standIns = ({ config }) =>
  Object.entries(config.env ?? {})
    .filter(([, { type }]) => type === "unsafe:stand-in")
    .map(([name, { dev }]) => ({
      name,
      service: `stand-in:${name}:${dev.options.address}`,
      ...dev.options,
    }));

export const plugins = {
  "stand-in": {
    bindingTypeDescription: "stand-in",
    getBindings: (options) =>
      standIns(options).map(({ name, kind, service }) => ({ name, [kind]: { name: service } })),
    getNodeBindings: () => ({}),
    getServices: ({ options }) =>
      standIns(options).map(({ service, address }) => ({
        name: service,
        external: { address, http: {} },
      })),
  },
};
