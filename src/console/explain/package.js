// The package, in this page: what is pasted, and the secrets, stay in it.

let loading;

/** Loads the package and its module, once. */
export function thePackage() {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load() {
  const orderhook = await import("../orderhook/web.js");
  await orderhook.init();
  return orderhook;
}

/** Reads a definition in TOML. Throws an Error that names the line. */
export async function definitionOf(name, toml) {
  const { parse } = await import("../orderhook/dist/toml.js");
  return { ...parse(toml), name };
}
