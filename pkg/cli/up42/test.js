// UP42's test of a webhook.
import { setTimeout as pause } from "node:timers/promises";
import { isPassed, testOf } from "./view.js";

/** The pauses between tests after a secret was set, which reaches Cloudflare's places one by one. */
const PAUSES_MS = [2_000, 4_000, 8_000];

/** Has UP42 test a webhook, and returns the outcome. */
export const testOnce = async (up42, id) => testOf(await up42.test(id), up42.shown);

/**
 * Tests a webhook. Where a secret may not have arrived everywhere, a test that fails is repeated a few times.
 *
 * @param {import("./api.js").Up42} up42
 * @param {string} id
 * @param {{ mayBeEarly: boolean }} options
 */
export async function testUntilPassed(up42, id, { mayBeEarly }) {
  let test = await testOnce(up42, id);
  for (const millis of mayBeEarly ? PAUSES_MS : []) {
    if (isPassed(test)) break;
    await pause(millis);
    test = await testOnce(up42, id);
  }
  return test;
}
