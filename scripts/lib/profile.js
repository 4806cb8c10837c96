// What the folders of `providers/` say of each provider, for its page, the tables and the console.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROVIDERS, catalogue } from "./catalogue.js";
import { Stop } from "./command.js";
import { canBeSent } from "./sample.js";

/** The sections of a README, each by the name that it has here. */
const SECTIONS = {
  setUp: "Set it up",
  authenticity: "Authenticity",
  silence: "What it does not say",
  outage: "After an outage",
};

/** The statuses after which no other one follows. */
const FINAL = [
  ...["delivered", "cancelled", "declined", "rejected", "failed"],
  ...["refunded", "returned", "returned_to_stock"],
];

/** Returns what is known of every provider. */
export const profiles = (folder = PROVIDERS) =>
  catalogue(folder).map(({ name, definition }) => profile(name, definition, folder));

function profile(name, definition, folder) {
  const read = (file) => readFileSync(join(folder, name, file), "utf8");
  const { title, intro, ...sections } = parts(read("README.md"), name);
  const { page, answer = {}, handshake = [] } = definition;
  return {
    ...{ name, title, page, intro, sections, answer, handshakes: [handshake].flat() },
    schemes: [definition.scheme].flat(),
    authenticities: authenticitiesIn(JSON.parse(read("events.json"))),
    lookUps: [definition.status].flat().map(lookUp),
    canBeSent: canBeSent(definition),
  };
}

/** Returns the parts of a README: its title, what stands before the first section, and the sections. */
function parts(text, name) {
  const [head, ...rest] = text.split(/^## /m);
  const [, title, intro] = head.match(/^# ([^\n]*)\n\n(.*)$/s) ?? [];
  const told = new Map(
    rest.map((section) => {
      const end = section.indexOf("\n");
      return [section.slice(0, end), section.slice(end).trim()];
    }),
  );
  const found = Object.entries(SECTIONS).map(([key, heading]) => [key, told.get(heading)]);
  const missing = found.find(([, section]) => section === undefined);
  if (title === undefined || missing !== undefined)
    throw new Stop(`providers/${name}/README.md lacks "${SECTIONS[missing?.[0]] ?? "# a title"}".`);
  return { title, intro: intro.trim(), ...Object.fromEntries(found) };
}

const STRONGEST_FIRST = [
  ...["body_signed", "fields_signed", "headers_signed", "header_token", "url_token"],
];

/** Returns the authenticities that the sample deliveries have, the strongest first. */
function authenticitiesIn({ deliveries }) {
  const events = Object.values(deliveries).flatMap(({ event }) => [event].flat());
  const found = new Set(events.map((event) => event?.data.authenticity));
  return STRONGEST_FIRST.filter((one) => found.has(one));
}

/**
 * Returns a look-up of the status: where its word stands, and its words by what they mean. `words` is undefined where the
 * provider's words are orderhook's own.
 */
function lookUp({ word, words, not_final: open = [], reasons = {} }) {
  if (words === "orderhook") return { word };
  const reasonOf = (theirs) =>
    Object.keys(reasons).find((reason) => [reasons[reason]].flat().includes(theirs)) ?? null;
  const rows = Object.entries(words).flatMap(([now, theirs]) =>
    [theirs].flat().map((text) => ({
      ...{ text, now, final: FINAL.includes(now) && ![open].flat().includes(text) },
      reason: reasonOf(text),
    })),
  );
  return { word, words: rows };
}
