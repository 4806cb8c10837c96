// `.ci/long api`: lets the examples of docs/endpoints.md in Python and Rust take what dispatch posts, with the libraries of their
// registries. The SDK of CloudEvents in Python reads the same events.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main, run } from "../../../scripts/lib/command.js";
import { environment, inRoot } from "../../../scripts/setup.js";
import { block } from "../../support/readme.js";
import { isText, makeDeliveries } from "./deliveries.js";
import { FORGERIES } from "./forgeries.js";
import { installed } from "./python.js";

const DOCS = readFileSync(inRoot("docs/endpoints.md"), "utf8");
const MANIFEST = inRoot("tests/dispatch/strangers/rust/Cargo.toml");

/** Returns a message as the programs read it. */
const message = ({ name, headers, bytes }, secret, event) =>
  JSON.stringify({ name, headers, body: bytes.toString(), secret, event });

/** Returns each event with each of its secrets, and what is forged of it. */
async function messages() {
  const events = (await makeDeliveries()).filter(
    (delivery) => delivery.format === "cloudevents" && isText(delivery),
  );
  return events.flatMap((delivery) => [
    ...delivery.secrets.map((secret) => message(delivery, secret, delivery.event)),
    ...Object.values(FORGERIES).map((forge) => message(forge(delivery), delivery.secrets[0], null)),
  ]);
}

await main(import.meta.url, async () => {
  const folder = mkdtempSync(join(tmpdir(), "receivers-"));
  const written = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const file = written("messages.jsonl", (await messages()).join("\n"));
    const python = `${await installed("receivers", "receivers.txt")}/python`;
    const receive = inRoot("tests/dispatch/strangers/receive.py");
    await run(python, [receive, written("example.py", block("verify-python", DOCS)), file]);
    const env = environment({ RECEIVE: written("example.rs", block("verify-rust", DOCS)) });
    const target = ["--target-dir", inRoot("target/receivers")];
    await run(
      "cargo",
      ["run", "--quiet", "--locked", "--manifest-path", MANIFEST, ...target, "--", file],
      {
        env,
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
