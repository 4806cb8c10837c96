// The package's `receive` in plain JavaScript: Node's own crypto with a key made once, `JSON.parse`, and the same event. It aims
// at speed and follows the event's contract, except for the parts that RESULTS.md names.
import { eventOf } from "./event.js";
import { gooten } from "./gooten.js";
import { parse, textOf } from "./json.js";
import { minutes } from "./moment.js";
import { standardWebhooks } from "./standard-webhooks.js";
import { up42 } from "./up42.js";
import { wakilni } from "./wakilni.js";
import { wegocod } from "./wegocod.js";

const PROVIDERS = { gooten, "standard-webhooks": standardWebhooks, up42, wakilni, wegocod };

/** Returns a function that makes the event of a delivery to this account, and throws if nothing proves it. */
export function receiver({ provider, secrets, token, utcOffset, source = provider }) {
  const { verifier, read, attempt, isTest } = PROVIDERS[provider];
  const verify = verifier({ secret: secrets, token });
  const zone = utcOffset === undefined ? null : minutes(utcOffset);
  return (delivery) => {
    const { headers, body, now = Date.now() } = delivery;
    const authenticity = verify(delivery);
    const payload = textOf(body);
    if (payload === null) throw new Error("the body is not UTF-8");
    if (isTest?.(payload)) return null;
    const told = read(parse(body, payload), { delivery, zone });
    return eventOf(
      {
        provider,
        source: `/hooks/${source}`,
        authenticity,
        attempt: tried(headers[attempt]),
        now,
        payload,
      },
      told,
    );
  };
}

const tried = (count) => (count !== undefined && /^\+?\d{1,9}$/.test(count) ? Number(count) : null);
