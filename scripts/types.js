// `.ci/types`: checks the types of the JavaScript sources with tsc. See tsconfig.json.
import { buildPackage } from "./build.js";
import { main, run } from "./lib/command.js";
import { environment, inRoot, root, setUp } from "./setup.js";

await main(import.meta.url, async () => {
  await setUp();
  // wasm-bindgen declares what the package's modules export.
  await buildPackage({ quiet: true });
  // It needs a package, which the set-up installs.
  const { writeTypes } = await import("./lib/console.js");
  writeTypes(inRoot(".tools/console-types"));
  const args = ["--project", inRoot("tsconfig.json")];
  await run(inRoot("node_modules/.bin/tsc"), args, { cwd: root, env: environment(), what: "tsc" });
});
