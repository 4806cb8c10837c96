// workerd: a Worker, bundled as wrangler bundles one.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { COMPATIBILITY_DATE } from "../support/workerd.js";

const installed = fileURLToPath(
  new URL("../../node_modules/workerd/package.json", import.meta.url),
);

export const workerd = {
  name: "workerd",
  version: JSON.parse(readFileSync(installed, "utf8")).version,
  answers,
};

async function answers(project) {
  const manifest = { mainModule: "worker.js", modules: await bundle(project, "worker.js") };
  const config = { name: "consumer", compatibilityDate: COMPATIBILITY_DATE, manifest };
  const miniflare = new Miniflare({ cf: false, workers: [{ config }] });
  try {
    const response = await miniflare.dispatchFetch("http://consumer/", {
      method: "POST",
      body: readFileSync(join(project.folder, "corpus.json")),
    });
    return await response.json();
  } finally {
    await miniflare.dispose();
  }
}

/** A Worker of the project's and all that it imports, as wrangler bundles it: what miniflare takes as its modules. */
export async function bundle({ folder }, entry) {
  const outdir = join(folder, "worker");
  const { outputFiles } = await build({
    entryPoints: [join(folder, entry)],
    outdir,
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["workerd", "worker", "import"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    logLevel: "error",
  });
  const type = (path) => (path.endsWith(".wasm") ? "wasm" : "esm");
  return Object.fromEntries(
    outputFiles.map(({ path, contents }) => [
      relative(outdir, path),
      { type: type(path), contents },
    ]),
  );
}
