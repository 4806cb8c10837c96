// Finds the places of a definition at which a delivery has no value.

/**
 * Returns a definition's keys, each with its place, for which all of these events have no value.
 *
 * @param {any} definition
 * @param {any[]} events
 */
export function unfound(definition, events) {
  const all = events.map(({ data }) => data);
  const rows = [
    ...ofEvent(definition.event ?? {}),
    ...ofTable("order", definition.order, ORDER),
    ...ofStatus(definition.status),
    ...ofItems(definition.items),
    ...["total", "customer", "driver", "pickup"].flatMap((table) =>
      ofTable(table, definition[table]),
    ),
  ];
  const missing = rows.filter(({ isMissing }) => all.every(isMissing));
  const keys = new Set(missing.map(({ key }) => key));
  // A table that is missing as a whole is listed once.
  return missing
    .filter(({ key }) => !keys.has(key.replace(/\.\w+$/, "")) || !key.includes("."))
    .map(({ key, place }) => ({ key, place }));
}

const row = (key, place, isMissing) => ({ key, place, isMissing });

function ofEvent({ time, topic, attempt, notes, return: isReturn }) {
  return [
    row("event.time", time, ({ time_source: source }) => source === "receipt"),
    row("event.topic", topic, ({ status }) => status.provider_event === null),
    row("event.attempt", attempt, (data) => data.attempt === null),
    row("event.notes", notes, (data) => data.notes === null),
    row("event.return", isReturn, ({ direction }) => direction === null),
  ].filter(({ place }) => place !== undefined);
}

/** The keys of `order` that its event names in another way, or that it leaves out where they have no value. */
const ORDER = { url_id: "url_order_id" };

function ofTable(name, table, names = {}) {
  if (table === undefined) return [];
  const { at = "", ...places } = table;
  const keys = Object.entries(places).filter(([, place]) => typeof place !== "boolean");
  return [
    row(name, at, (data) => data[name] === null),
    ...keys.map(([key, place]) =>
      row(`${name}.${key}`, place, (data) =>
        key in names ? data[name]?.[names[key]] == null : data[name]?.[key] === null,
      ),
    ),
  ];
}

function ofStatus(status) {
  const lookups = [status ?? []].flat();
  return lookups.flatMap(({ word, was }, at) => {
    const key = Array.isArray(status) ? `status[${at}]` : "status";
    // The first look-up's word is often the topic, and the next ones' words are shown beside it.
    const isMissing = ({ status }) => status.provider_now === null;
    return [
      ...(at > 0 ? [row(`${key}.word`, word, isMissing)] : []),
      ...(was === undefined
        ? []
        : [row(`${key}.was`, was, ({ status }) => status.provider_was === null)]),
    ];
  });
}

function ofItems(items) {
  if (items === undefined) return [];
  const { each, ...places } = items;
  return [
    row("items", each, (data) => data.items.length === 0),
    ...Object.entries(places).map(([key, place]) =>
      row(`items.${key}`, place, (data) => data.items.every((item) => item[key] === null)),
    ),
  ];
}
