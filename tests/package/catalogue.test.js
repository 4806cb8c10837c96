// Every delivery of `providers/` becomes exactly the event of its events.json, which was written from the provider's page. The pages
// in docs/providers say of each word what the package says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { captured } from "../../pkg/cli/input.js";
import { providers, receive } from "../../pkg/node.js";
import { names } from "../../scripts/lib/catalogue.js";
import { profiles } from "../../scripts/lib/profile.js";

const pathOf = (name, file) =>
  fileURLToPath(new URL(`../../providers/${name}/${file}`, import.meta.url));

/** Returns the settings of an account: those of the folder's events.json, or of one delivery in it. */
const accountOf = ({ secret, utc_offset: utcOffset, url: registeredUrl, ...more }) => ({
  ...more,
  ...(secret !== undefined && { secrets: secret }),
  ...(utcOffset !== undefined && { utcOffset }),
  ...(registeredUrl !== undefined && { registeredUrl }),
});

for (const provider of names()) {
  const { deliveries, ...settings } = JSON.parse(
    readFileSync(pathOf(provider, "events.json"), "utf8"),
  );

  describe(provider, () => {
    for (const [title, { now, event, account }] of Object.entries(deliveries)) {
      test(title, async () => {
        const file = pathOf(provider, `deliveries/${title}.http`);
        const { headers, body, url, warnings } = await captured({
          values: {},
          positionals: [file],
        });
        assert.deepEqual(warnings, []);
        const given = { provider, ...accountOf(account ?? settings), headers, url, now };
        assert.deepEqual(receive({ ...given, body }), event);
        const text = body.toString();
        if (body.equals(Buffer.from(text)))
          assert.deepEqual(receive({ ...given, body: text }), event, "the body as text");
      });
    }
  });
}

for (const { name, lookUps } of profiles().filter(({ lookUps }) => lookUps.every(hasWords)))
  test(`${name}: its page says of each word what the package says`, () => {
    const { events, statuses } = providers().find((provider) => provider.name === name);
    const told = lookUps.flatMap(({ words }) => words);
    const rows = told.filter(({ now }) => now !== "next" && now !== "ignored");
    assert.deepEqual(
      rows.map(({ text, now, final }) => `${text}: ${now} ${final}`).sort(),
      [...events, ...statuses]
        .map(({ text, status, final }) => `${text}: ${status} ${final}`)
        .sort(),
    );
  });

function hasWords({ words }) {
  return words !== undefined;
}
