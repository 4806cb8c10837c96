// Requests as bytes, which no client library would write.
import net from "node:net";
import { PATIENCE_MS } from "./journal.js";

/** Returns the lines of a head, with the empty line after them. */
export const head = (...lines) => [...lines.flat(), "", ""].join("\r\n");

/** Returns a header's lines from an object of headers. */
export const lines = (headers) =>
  Object.entries(headers).map(([name, value]) => `${name}: ${value}`);

export const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;
export const LAST_CHUNK = "0\r\n\r\n";

/**
 * Opens a socket to the Worker that keeps the answers. `closed` resolves to all of them once both sides have ended, and to
 * whether the connection was reset: then the Worker had ended before it had read all, and its last answer may be lost.
 */
export function connect({ url }) {
  const socket = net.connect(url.port, url.hostname);
  const pieces = [];
  socket.setNoDelay();
  socket.on("data", (piece) => pieces.push(piece));
  let reset = false;
  socket.on("error", ({ code }) => (reset ||= ["EPIPE", "ECONNRESET"].includes(code)));
  const closed = new Promise((resolve, reject) => {
    socket.on("close", () =>
      resolve({ answers: answers(Buffer.concat(pieces).toString("latin1")), reset }),
    );
    socket.setTimeout(PATIENCE_MS, () => {
      reject(new Error("the connection was not closed"));
      socket.destroy();
    });
  });
  return { socket, closed };
}

/** Writes only these bytes, and returns the answers until the Worker closes the connection. */
export function exchange(worker, bytes) {
  const { socket, closed } = connect(worker);
  socket.end(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  return closed;
}

/** Returns the answers, one after another. */
function answers(text) {
  return text
    .split(/(?=HTTP\/1\.[01] \d{3} )/)
    .filter((answer) => answer !== "")
    .map((answer) => {
      const [start, ...body] = answer.split("\r\n\r\n");
      const type = /^content-type: (.*)$/im.exec(start)?.[1];
      return {
        status: Number(start.split(" ")[1]),
        type,
        text: body.join("\r\n\r\n"),
        all: answer,
      };
    });
}

/** Returns an answer in two words: its status, and the code of the Worker's own JSON. The runtime's answers lack a code. */
export function inWords({ status, type, text }) {
  if (!/^application\/(problem\+)?json$/.test(type ?? "")) return `${status}`;
  const { code, status: word } = JSON.parse(text);
  return `${status} ${code ?? word}`;
}
