// What is said about something that happened, and shown for some seconds.
import { store } from "./store.js";

const said = store("");

/** Says a text, politely. */
export function announce(text) {
  // The same text twice in a row would not be a change.
  said.set(said.get() === text ? `${text}\u00a0` : text);
}

export const useAnnouncement = said.use;
