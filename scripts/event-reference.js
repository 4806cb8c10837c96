// `node scripts/event-reference.js`: writes docs/event.md, the reference of events, from
// pkg/event.schema.json.
//
//   node scripts/event-reference.js               writes it anew
//   node scripts/event-reference.js --check       fails if it is not up to date
import { readFileSync, writeFileSync } from "node:fs";
import * as words from "./lib/event-words.js";
import { main, say, Stop } from "./lib/command.js";
import { table } from "./reference.js";
import { inRoot } from "./setup.js";

const FILE = "docs/event.md";
const SCHEMA = JSON.parse(readFileSync(inRoot("pkg/event.schema.json"), "utf8"));

/** The values of fields that refer to a definition of the schema, in words. */
const VALUES = {
  moment: "time in UTC",
  text: "text",
  textOrNull: "text or null",
  status: "[status](#statuses)",
  order: "[order](#order)",
  change: "[status](#status)",
  item: "[items](#items)",
  itemStatus: "[status of a line](#status-of-a-line)",
  money: "[money](#money)",
  customer: "[customer](#customer)",
  contact: "[contact](#contact)",
};

/** The values of fields that another section of the page describes. */
const ELSEWHERE = { phase: "[phase](#phases)", reason: "[reason](#reasons) or null" };

/** Returns the reference. */
export function eventReference(schema = SCHEMA) {
  const { $defs: defs, properties } = schema;
  const [ofOrders, ofOthers] = schema.oneOf;
  const { subject } = ofOrders.properties;
  const type = { ...properties.type, enum: [ofOrders, ofOthers].map(typeOf) };
  const part = (title, name) =>
    `### ${title}\n\n${fields(defs[name].properties, defs[name].required)}`;
  return [
    words.TOP,
    words.EXAMPLE,
    `## Attributes\n\n${fields({ ...properties, type, subject })}`,
    "## Data",
    `### Every event\n\n${fields(defs.delivery.properties)}`,
    words.AUTHENTICITY,
    `### Payload\n\n${defs.payload.description}\n\n${fields(defs.payload.properties)}`,
    `### An order's event\n\n${fields(defs.orderStatus.properties)}`,
    part("Order", "order"),
    part("Status", "change"),
    part("Items", "item"),
    part("Status of a line", "itemStatus"),
    part("Money", "money"),
    part("Customer", "customer"),
    part("Contact", "contact"),
    `${words.STATUSES}\n\n${statuses(defs.status.enum)}`,
    `${words.PHASES}\n\n${phases(defs.change.properties.phase.enum)}`,
    `${words.REASONS}\n\n${reasons(defs.change.properties.reason)}`,
    `${words.UNRECOGNISED}\n\n${codes(defs.unrecognized.properties.reason.properties.code.enum)}`,
    words.UNKNOWN_STATUS,
  ]
    .join("\n\n")
    .concat("\n");
}

const typeOf = ({ properties }) => properties.type.const;

/** Returns the table of an object's fields. Those that are described alike share a row. */
function fields(properties, required = Object.keys(properties)) {
  const rows = new Map();
  for (const [name, property] of Object.entries(properties)) {
    const value = ELSEWHERE[name] ?? valuesOf(property);
    const cells = [required.includes(name) ? value : `${value}, or left out`, textOf(property)];
    const key = cells.join("\n");
    const names = rows.get(key)?.names ?? [];
    rows.set(key, { cells, names: [...names, `\`${name}\``] });
  }
  const lines = [...rows.values()].map(({ names, cells }) => [names.join(", "), ...cells]);
  return table([["field", "value", "what it is"], ...lines]);
}

function textOf(property) {
  const { description, $ref, const: constant } = property;
  // Where a description lists words, each begins a line.
  if (description !== undefined) return description.replaceAll(/\. (?=`\w+`: )/g, ".<br>");
  if ($ref !== undefined) return SCHEMA.$defs[nameIn($ref)].description;
  if (constant !== undefined) return "Always the same.";
  throw new Stop(`This property has no description: ${JSON.stringify(property)}`);
}

const nameIn = ($ref) => $ref.slice("#/$defs/".length);

/** Returns the values that a field may have, in words. */
function valuesOf({ $ref, const: constant, enum: all, anyOf, items, type }) {
  if ($ref !== undefined) return VALUES[nameIn($ref)];
  if (constant !== undefined) return code(constant);
  if (all !== undefined)
    return all
      .map(code)
      .join(", ")
      .replace(/, null$/, " or null");
  if (anyOf !== undefined) return anyOf.map(valuesOf).join(" or ");
  if (items !== undefined) return `list of ${valuesOf(items)}`;
  return [type].flat().map(named).join(" or ");
}

const code = (value) => (value === null ? "null" : `\`${value}\``);

const named = (type) =>
  ({ string: "text", integer: "whole number", boolean: "true or false" })[type] ?? type;

/** Returns the statuses, in the order of the phases. */
function statuses(all) {
  const rows = Object.entries(words.MEANINGS).flatMap(([phase, { statuses }]) =>
    Object.entries(statuses).map(([status, [meaning, isFinal]]) => ({
      status,
      cells: [code(status), code(phase), meaning, isFinal ? "yes" : "no"],
    })),
  );
  const described = rows.map(({ status }) => status);
  same(described, all);
  const lines = rows.map(({ cells }) => cells);
  return table([["status", "phase", "the order …", "`final`"], ...lines]);
}

function phases(all) {
  same(Object.keys(words.MEANINGS), all);
  const rows = all.map((phase) => [code(phase), words.MEANINGS[phase].order]);
  return table([["phase", "the order …"], ...rows]);
}

const reasons = ({ description, examples }) =>
  `${description.split(". ").slice(1).join(". ")}\n\n${examples.map(code).join(", ")}`;

function codes(all) {
  same(Object.keys(words.CODES), all);
  return table([["code", "what it means"], ...all.map((name) => [code(name), words.CODES[name]])]);
}

/** Throws a Stop unless the words that are described here are those of the schema. */
function same(described, all) {
  const missing = all.filter((word) => !described.includes(word));
  const unknown = described.filter((word) => !all.includes(word));
  if (missing.length + unknown.length === 0) return;
  const list = (found) => found.join(", ") || "nothing";
  const text = `lacks ${list(missing)}, and has ${list(unknown)} that the schema lacks`;
  throw new Stop(`scripts/lib/event-words.js ${text}.`);
}

await main(import.meta.url, ([option]) => {
  const made = eventReference();
  if (option !== "--check") {
    writeFileSync(inRoot(FILE), made);
    return say(`${FILE} is written.`);
  }
  if (readFileSync(inRoot(FILE), "utf8") !== made)
    throw new Stop(
      `${FILE} is not what pkg/event.schema.json says: run node scripts/event-reference.js.`,
    );
  return say(`${FILE} is up to date.`);
});
