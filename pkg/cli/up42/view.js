// Shows webhooks and tests of UP42's, without secrets and without the tokens in addresses.
import { lastSegment } from "../address.js";
import { oneLine, table } from "../table.js";

/** The longest last part of a path that cannot be a token. */
const MAX_NAME = 15;

/** Returns the last part of a URL's path, if it may be a token. */
export function tokenOf(text) {
  const last = URL.canParse(text) ? lastSegment(new URL(text)) : "";
  return last.length > MAX_NAME ? last : undefined;
}

/** Returns a URL without its token, its query and a password. */
export function shownUrl(text) {
  if (!URL.canParse(text)) return "‹not an address›";
  const { origin, pathname, search } = new URL(text);
  const token = tokenOf(text);
  const path = token === undefined ? pathname : pathname.replace(token, "‹token›");
  return `${origin}${path}${search && "?…"}`;
}

/** Returns a webhook's secret; undefined if it has none, or if UP42 shows dots in its place. */
export const secretOf = ({ secret }) => (!secret || /^[*•]+$/.test(secret) ? undefined : secret);

/** Returns the values of a webhook that may be shown. */
export const publicOf = ({ id, name, url, active, events, secret, createdAt, updatedAt }) => ({
  ...{ id, name, url: shownUrl(url), active, events },
  ...{ has_secret: Boolean(secret), created_at: createdAt ?? null, updated_at: updatedAt ?? null },
});

export const rowOf = ({ id, name, url, active, events, has_secret: hasSecret }) => [
  id,
  active ? "active" : "not active",
  hasSecret ? "signs" : "does not sign",
  events.join(" "),
  url,
  oneLine(name ?? ""),
];

/** Returns a webhook's properties, as lines. */
export const pageOf = (webhook) =>
  table(
    Object.entries({
      ...webhook,
      events: webhook.events.join(" "),
      active: webhook.active ? "yes" : "no",
      has_secret: webhook.has_secret ? "yes" : "no",
    }).map(([name, value]) => [name.replaceAll("_", " "), oneLine(String(value ?? ""))]),
  );

/** Returns the values of a test that may be shown. `shown` takes secrets out of a text. */
export const testOf = (answer, shown) => ({
  started_at: answer.startedAt ?? null,
  tests_run: answer.testsRun ?? 0,
  tests_succeeded: answer.testsSucceeded ?? 0,
  tests_failed: answer.testsFailed ?? 0,
  tests: (answer.tests ?? []).map(({ eventName, success, message, response }) => ({
    ...{ event: eventName ?? null, success: success === true },
    message: shown(String(message ?? "")),
    answer: response == null ? null : shown(String(response)),
  })),
});

/** Returns whether every delivery of the test arrived. */
export const isPassed = ({ tests_run: run, tests_succeeded: succeeded, tests_failed: failed }) =>
  run > 0 && succeeded === run && failed === 0;

/** Returns a test's outcome, as lines. */
export function testText({ tests_run, tests_succeeded, tests_failed, tests }) {
  const rows = tests.map(({ event, success, message, answer }) => [
    event ?? "",
    success ? "succeeded" : "failed",
    oneLine([message, answer].filter(Boolean).join(" ")),
  ]);
  const counts = `testsRun ${tests_run}, testsSucceeded ${tests_succeeded}, testsFailed ${tests_failed}`;
  return `UP42's test: ${counts}\n${table(rows)}`;
}
