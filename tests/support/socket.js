// A client of `GET /v1/stream`.
import { Journal } from "./journal.js";

/**
 * Opens a socket. `messages` has what comes: objects, `pong`, and at last `{ code }`, what the socket was closed with. `texts` has the
 * events as texts.
 */
export async function openSocket(url, headers) {
  const socket = new WebSocket(String(url).replace(/^http/, "ws"), { headers });
  const messages = new Journal("message of a socket");
  const texts = [];
  socket.addEventListener("message", ({ data }) => {
    if (data === "pong") return messages.add(data);
    texts.push(data);
    messages.add(JSON.parse(data));
  });
  socket.addEventListener("close", ({ code }) => messages.add({ code }));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("the socket was not opened")));
  });
  return {
    messages,
    texts,
    /** Resolves once the event of an id has come, or the socket is closed. */
    event: (id) => messages.until(({ event, code }) => code !== undefined || event?.id === id),
    /** Returns the ids of the events that have come. */
    ids: () => messages.entries.filter(({ event }) => event).map(({ event }) => event.id),
    /** Resolves to the code that the socket is closed with. */
    closed: async () => (await messages.until(({ code }) => code !== undefined)).code,
    say: (text) => socket.send(text),
    close: () => socket.close(),
  };
}
