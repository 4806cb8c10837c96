// Long bodies: the runtime hashes them, and the secret that signed them is found all the same.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SECRETS, hook } from "../support/accounts.js";
import * as sign from "../support/sign.js";
import { start } from "../support/workerd.js";

const SECRETS_OF_ALL = ["FIRST", "SECOND", "THIRD"];
const SOURCES = {
  wakilni: { provider: "wakilni", secrets: SECRETS_OF_ALL },
  wegocod: { provider: "wegocod", secrets: SECRETS_OF_ALL },
  shop: { provider: "standard-webhooks", secrets: ["SHOP_SECRET", "SHOP_SECRET_OLD"] },
  up42: { provider: "up42", secrets: ["UP42_SECRET"], token: "UP42_TOKEN" },
};
const secrets = {
  ...SECRETS,
  ...Object.fromEntries(SECRETS_OF_ALL.map((name) => [name, `secret-of-the-${name}`])),
  SHOP_SECRET_OLD: "whsec_b2xkLXNlY3JldC0wMTIzNDU2Nzg5YWJjZGVmMDEyMzQ=",
};

let worker;
before(async () => (worker = await start({ vars: { SOURCES }, secrets })));
after(() => worker.stop());

// Bodies of 8,192 bytes and more are hashed by the runtime.
const LENGTHS = [8_191, 8_192, 8_193, 20_000, 300_000];

let count = 0;
/** A body of so many bytes, not all of them ASCII. */
function body(bytes) {
  const text = (padding) =>
    JSON.stringify({
      event_id: `long-${count}`,
      event: "Order Created",
      data: { order_id: 1 },
      padding,
    });
  count += 1;
  const room = bytes - Buffer.byteLength(text("é\n"));
  return text(`é\n${"p".repeat(room)}`);
}

async function status(source, text, headers) {
  const answer = await worker.post(hook(source), text, headers);
  return answer.json.code ?? answer.json.status;
}

for (const length of LENGTHS) {
  test(`${length} bytes: accepted with one of the secrets, and with no other`, async () => {
    for (const name of SECRETS_OF_ALL) {
      const text = body(length);
      assert.equal(Buffer.byteLength(text), length);
      assert.equal(
        await status("wakilni", text, sign.wakilni(secrets[name], text)),
        "accepted",
        name,
      );
      assert.equal(
        await status("wakilni", text, sign.wakilni(secrets[name], text)),
        "duplicate",
        name,
      );
    }
    for (const name of ["SHOP_SECRET", "SHOP_SECRET_OLD"]) {
      const text = body(length);
      assert.equal(
        await status(
          "shop",
          text,
          sign.standardWebhooks(secrets[name], text, { id: `long-${count}` }),
        ),
        "accepted",
        name,
      );
    }
    const text = body(length);
    assert.equal(await status("up42", text, sign.up42(secrets.UP42_SECRET, text)), "accepted");
    assert.equal((await worker.events()).length, 6);

    const changed = `${text.slice(0, -3)}q"}`;
    const tag = "0".repeat(64);
    for (const headers of [
      sign.wegocod("a guess", text),
      sign.wegocod(secrets.FIRST, changed),
      { "x-webhook-signature": tag },
    ]) {
      assert.equal(await status("wegocod", text, headers), "signature_mismatch");
    }
    assert.equal(await status("wegocod", text, {}), "missing_signature");
    const late = sign.standardWebhooks(secrets.SHOP_SECRET, text, { timestamp: 1 });
    assert.equal(await status("shop", text, late), "timestamp_out_of_tolerance");
    assert.equal(
      await status("up42", changed, sign.up42(secrets.UP42_SECRET, text)),
      "digest_mismatch",
    );
    assert.deepEqual(await worker.events(), []);
  });
}
