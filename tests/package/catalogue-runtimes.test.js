// The packed package in every runtime: each makes exactly the events of events.json out of the deliveries of `providers/`. `npm test`
// tries some of the providers, which a seed draws; `.ci/long runtimes` tries all.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { names, samples } from "../../scripts/lib/catalogue.js";
import { chromium, missing } from "../consumers/chromium.js";
import { processes } from "../consumers/process.js";
import { makeProject } from "../consumers/project.js";
import { workerd } from "../consumers/workerd.js";
import { times } from "../support/long.js";

// Not loaded where it cannot be used: Vite and the browser's driver take a while.
const pages = chromium() ? (await import("../consumers/browser.js")).pages : [];

const SEED = process.env.SEED ?? randomBytes(4).toString("hex");
const all = names();
const first = Number.parseInt(SEED, 16) % all.length;
const count = times(12, all.length);
const drawn = all.concat(all).slice(first, first + count);

/** Returns the settings of an account, as events.json writes it. */
const accountOf = ({ secret, utc_offset: utcOffset, url: registeredUrl, ...more }) => ({
  ...more,
  ...(secret !== undefined && { secrets: secret }),
  ...(utcOffset !== undefined && { utcOffset }),
  ...(registeredUrl !== undefined && { registeredUrl }),
});

/** Returns the deliveries of a provider, each with its account and its event. */
async function casesOf(provider) {
  const { deliveries, ...shared } = await samples(provider);
  return deliveries.map(({ name, url, headers, body, now, event, account }) => ({
    name: `${provider}: ${name}`,
    account: { provider, ...accountOf(account ?? shared) },
    ...{ url, headers, body: body.toString("base64"), now, event },
  }));
}

const cases = (await Promise.all(drawn.map(casesOf))).flat();

let project;
before(() => {
  project = makeProject("catalogue");
  project.write("corpus.json", JSON.stringify(cases));
  copyFileSync(
    fileURLToPath(new URL("catalogue-answers.js", import.meta.url)),
    `${project.folder}/answers.js`,
  );
  project.addPrograms(
    ...["import.js", "require.cjs", "worker.js", "page.js", "page.html", "index.html"],
  );
});
after(() => project?.remove());

for (const { name, version, answers } of [...processes, workerd, ...pages])
  test(`${name} ${version}: ${cases.length} deliveries of ${drawn.length} providers`, async (t) => {
    t.diagnostic(`SEED=${SEED}`);
    if (pages.length === 0) t.diagnostic(`Chromium is not run: ${missing()}`);
    const { answers: given } = await answers(project);
    assert.equal(given.length, cases.length);
    for (const [at, { name, event }] of cases.entries()) assert.deepEqual(given[at], event, name);
  });
