// Converts a provider's moments to RFC 3339 in UTC, with the received decimals. It uses `Date` only if the date changes: that
// takes longer than all the rest.

const DATE = /\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])/;
const TIME = /(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?/;
const OFFSET = /[Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?/;
const MOMENT = new RegExp(`^${DATE.source}[Tt ]${TIME.source}(?:${OFFSET.source})?$`);
const ZONE = /[Zz]$|[+-]\d\d(?::?\d\d)?$/;

/** Converts a moment. `zone` is in minutes, for one without a zone. Returns null for any other text. */
export function utc(value, zone = null) {
  if (typeof value !== "string" || !MOMENT.test(value) || (number(value, 8) > 28 && !exists(value)))
    return null;
  // After the seconds only: the date may contain text that looks like a zone.
  const rest = value.slice(19);
  const found = ZONE.exec(rest);
  const ahead = found === null ? zone : minutes(found[0]);
  if (ahead === null) return null;
  const decimals = rest.slice(0, Math.min(found?.index ?? rest.length, 10));
  const seconds = value[17] === "6" ? "59" : value.slice(17, 19);
  return `${shifted(value, ahead)}:${seconds}${decimals}Z`;
}

/** Returns the date, hour and minute, so many minutes earlier. */
function shifted(value, ahead) {
  const minute = number(value, 11) * 60 + number(value, 14) - ahead;
  if (minute >= 0 && minute < 1440)
    return `${value.slice(0, 10)}T${two(Math.trunc(minute / 60))}:${two(minute % 60)}`;
  return new Date(midnight(value) + minute * 60_000).toISOString().slice(0, 16);
}

const number = (text, at) => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528;

const two = (count) => (count < 10 ? `0${count}` : `${count}`);

const midnight = (value) => Date.UTC(+value.slice(0, 4), number(value, 5) - 1, number(value, 8));

const exists = (value) => new Date(midnight(value)).getUTCDate() === number(value, 8);

/** Returns the clock's time, with milliseconds. */
export const written = (now) => new Date(now).toISOString();

/** Returns `+02:00`, `-0930`, `+02` or `Z` in minutes. */
export function minutes(zone) {
  if (zone === "Z" || zone === "z") return 0;
  const size = number(zone, 1) * 60 + (zone.length > 3 ? number(zone, zone.length - 2) : 0);
  return zone[0] === "-" ? -size : size;
}
