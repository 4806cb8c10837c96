// Every delivery of `providers/` becomes exactly the event of its events.json, which was written from the provider's page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { captured } from "../../pkg/cli/input.js";
import { receive } from "../../pkg/node.js";
import { providers } from "../support/corpus.js";

const pathOf = (name, file) =>
  fileURLToPath(new URL(`../../providers/${name}/${file}`, import.meta.url));

for (const provider of providers) {
  const { secret, token, utc_offset, deliveries } = JSON.parse(
    readFileSync(pathOf(provider, "events.json"), "utf8"),
  );
  const account = {
    provider,
    utcOffset: utc_offset,
    ...(secret !== undefined && { secrets: secret }),
    ...(token !== undefined && { token }),
  };

  describe(provider, () => {
    for (const [title, { now, event }] of Object.entries(deliveries)) {
      test(title, async () => {
        const file = pathOf(provider, `deliveries/${title}.http`);
        const { headers, body, url, warnings } = await captured({
          values: {},
          positionals: [file],
        });
        assert.deepEqual(warnings, []);
        assert.deepEqual(receive({ ...account, headers, body, url, now }), event);
      });
    }
  });
}
