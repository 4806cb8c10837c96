// `.ci/long api`: holds dispatch to docs/openapi.yaml with other people's tools: redocly lints the document, and schemathesis sends what
// the document allows and what it does not. Both come from the registries, and schemathesis wants Python 3.11 or later.
//
//   node tests/dispatch/strangers/run.js [<seed>]
import { event, startDispatch, unrecognized, DISPATCH_TOKEN } from "../../support/dispatch.js";
import { DEAD_LETTER_QUEUE } from "../../support/workerd.js";
import { main, run } from "../../../scripts/lib/command.js";
import { environment, inRoot } from "../../../scripts/setup.js";
import { installed } from "./python.js";

const REDOCLY = "@redocly/cli@2.77.0";
const DOCUMENT = inRoot("docs/openapi.yaml");
const STRANGERS = "tests/dispatch/strangers";
/** The cases of each operation and phase. */
const CASES = "200";

/** Starts dispatch with something of everything in it. */
async function filled() {
  const dispatch = await startDispatch();
  const ofOrder = (id, at) =>
    event({
      source: at % 3 === 0 ? "shop" : "wakilni",
      data: { order: { id, reference: `R-${at}`, tracking_number: `TN-${at}` } },
    });
  const ids = Array.from({ length: 30 }, (_, at) => (at === 1 ? "123456" : `order-${at % 7}`));
  const events = ids.map(ofOrder);
  await dispatch.take(...events, unrecognized());
  await dispatch.put(DEAD_LETTER_QUEUE, { poison: 1 }, { poison: 2 }, events[0]);
  await dispatch.post("/v1/tokens", { name: "reports", access: "read" });
  await dispatch.post("/v1/tokens", { name: "monitor", access: "read" });
  return dispatch;
}

await main(import.meta.url, async ([seed = String(Math.floor(Math.random() * 1e9))]) => {
  const env = environment({ REDOCLY_TELEMETRY: "off" });
  await run("npx", ["--yes", REDOCLY, "lint", DOCUMENT], { env, what: "redocly" });
  const program = `${await installed("schemathesis", "requirements.txt")}/schemathesis`;
  const dispatch = await filled();
  try {
    const options = [
      ...["run", DOCUMENT, "--url", new URL(dispatch.url).origin, "--no-color"],
      // A WebSocket, which schemathesis does not open.
      ...["--exclude-path", "/v1/stream"],
      ...["-H", `Authorization: Bearer ${DISPATCH_TOKEN}`, "-n", CASES, "--seed", seed],
    ];
    await run(program, options, { env, cwd: inRoot(STRANGERS), what: "schemathesis" });
  } finally {
    await dispatch.stop();
  }
});
