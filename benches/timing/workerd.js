// Runs the package in workerd, bundled as wrangler bundles a Worker.
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launch } from "../worker/workerd.js";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

/** As `inNode`, in a workerd of its own. A batch is one request. */
export async function inWorkerd(compare) {
  const modules = { ...(await bundled()), "compare.wasm": compare };
  const workerd = await launch({ modules, vars: {}, bindings: true });
  const ask = async (init) => {
    const response = await fetch(`http://127.0.0.1:${workerd.port}/`, init);
    if (!response.ok)
      throw new Error(`workerd answered with ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const { step } = await ask();
  return {
    step,
    measures:
      ({ name }) =>
      (options) =>
        ask({ method: "POST", body: JSON.stringify({ name, options }) }),
    stop: () => workerd.stop(),
  };
}

/** The modules by name, the Worker's first. */
async function bundled() {
  const { outputFiles } = await build({
    entryPoints: [file("worker.js")],
    outdir: file("."),
    bundle: true,
    write: false,
    format: "esm",
    target: "esnext",
    conditions: ["workerd", "worker", "import"],
    external: ["./compare.wasm"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    logLevel: "error",
  });
  const named = outputFiles.map(({ path, contents }) => [basename(path), contents]);
  return Object.fromEntries(
    named.sort(([a], [b]) => Number(b === "worker.js") - Number(a === "worker.js")),
  );
}
