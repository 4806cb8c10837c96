// The modules of each contestant's workerd: the Worker as it was built, and its peers in one file each.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Returns the modules of a build, by their names; the first is the Worker's entry. */
export function built(folder) {
  const rest = readdirSync(folder).filter(
    (name) => /\.(js|wasm)$/.test(name) && name !== "entry.js",
  );
  return Object.fromEntries(
    ["entry.js", ...rest].map((name) => [name, readFileSync(join(resolve(folder), name))]),
  );
}

/** Returns a Worker of one file. Its imports from Node are left out, or with `node` left to workerd. */
export async function bundled(path, { define, node = false } = {}) {
  const { outputFiles } = await build({
    entryPoints: [file(path)],
    bundle: true,
    write: false,
    format: "esm",
    target: "esnext",
    conditions: ["workerd", "worker", "import"],
    nodePaths: [file("../peers/node_modules")],
    define,
    plugins: [node ? nodeOfWorkerd : nodeLeftOut],
    logLevel: "error",
  });
  return { "entry.js": outputFiles[0].contents };
}

const nodeLeftOut = {
  name: "node-left-out",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^node:/ }, () => ({ path: file("node-stub.js"), sideEffects: false })),
};

// A `require` of it, too, as wrangler has it.
const nodeOfWorkerd = {
  name: "node-of-workerd",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?crypto$/ }, ({ namespace }) =>
      namespace === "node"
        ? { path: "node:crypto", external: true }
        : { path: "crypto", namespace: "node" },
    );
    onResolve({ filter: /^node:buffer$/ }, () => ({ path: "node:buffer", external: true }));
    onLoad({ filter: /.*/, namespace: "node" }, () => ({
      contents: 'export * from "node:crypto";',
    }));
  },
};
