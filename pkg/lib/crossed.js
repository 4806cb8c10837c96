// Reads the module's result for a delivery. `crossed.rs` in the sources of the module describes its form.
import { eventOf } from "./event.js";
import { numbers, textAt, textOf } from "./memory.js";

const HEAD_NUMBERS = 2;
const EVENT_NUMBERS = 7;
const TEXT_IS_ASCII = 1;
const PAYLOAD_IS_ASCII = 2;
const PAYLOAD_IS_OF_BODY = 4;

/** The text of the table that is read. */
let text = "";
const cut = (start, end) => text.slice(start, end);

/**
 * Returns the event at an address, or the events. `provider` and `source` are the account's, and `body` is the delivery's.
 *
 * @returns {any}
 */
export function eventsAt(address, provider, source, body) {
  const ints = numbers();
  const at = address >>> 2;
  if (ints[at + 1] === 0) return eventAt(ints, at + HEAD_NUMBERS, provider, source, body);
  const events = [];
  for (let place = at + HEAD_NUMBERS; events.length < ints[at]; place += EVENT_NUMBERS)
    events.push(eventAt(ints, place, provider, source, undefined));
  return events;
}

/** Returns the event at a place. Its payload is not read where it is the body, which was given as text. */
function eventAt(ints, place, provider, source, body) {
  const flags = ints[place + 6];
  let payload;
  if (ints[place + 4] !== 0) {
    const isGiven = typeof body === "string" && (flags & PAYLOAD_IS_OF_BODY) !== 0;
    const isAscii = (flags & PAYLOAD_IS_ASCII) !== 0;
    payload = isGiven ? textOf(body) : textAt(ints[place + 4], ints[place + 5], isAscii);
  }
  text = textAt(ints[place + 2], ints[place + 3], (flags & TEXT_IS_ASCII) !== 0);
  return eventOf(ints, ints[place] >>> 2, ints[place + 1], cut, provider, source, payload);
}
