// What endpoints answer, drawn from the seed: well, badly, or not at all.
import { draw, happens, oneOf } from "../../worker/faults/seed.js";

/** How often each answer comes, of 10,000. */
const ANSWERS = {
  fine: 7_300,
  broken: 600,
  refused: 400,
  busy: 300,
  redirect: 400,
  reset: 400,
  large: 200,
  "large and broken": 200,
  slow: 150,
  hanging: 50,
};

/** A delivery of so many fails whatever happens. */
const DOOMED = 0.004;

/** Where a redirection leads. Nothing may follow it. */
export const AWAY = "/away";

const LARGE = Buffer.alloc(2 << 20, "x");
const end = (status, headers) => (_, response) => response.writeHead(status, headers).end();
const endLarge = (status) => (_, response) => response.writeHead(status).end(LARGE);

/** Each answers a request. */
const WAYS = {
  fine: end(204),
  broken: end(503),
  refused: end(400),
  gone: end(410),
  busy: (request, response) => {
    const seconds = oneOf(["1", "90", "600"], "busy", request.url, request.headers["webhook-id"]);
    response.writeHead(429, { "retry-after": seconds }).end();
  },
  redirect: (request, response) => {
    const status = oneOf([301, 302, 303, 307, 308], "redirect", request.headers["webhook-id"]);
    response.writeHead(status, { location: AWAY }).end();
  },
  reset: ({ socket }) => socket.resetAndDestroy(),
  large: endLarge(200),
  "large and broken": endLarge(500),
  slow,
  hanging: () => {},
};

const SUCCESSES = ["fine", "large", "slow"];
export const isSuccess = (way) => SUCCESSES.includes(way);

/** Answers bit by bit. */
async function slow(_, response) {
  response.writeHead(200);
  for (let piece = 0; piece < 20; piece += 1) {
    response.write(".");
    await new Promise(setImmediate);
  }
  response.end();
}

/** Returns the way of the n-th answer, counted from 1, to a message at a path. `gone` is how often the first one is 410. */
export function wayOf(path, id, nth, gone) {
  if (happens(DOOMED, "doomed", path, id)) return "broken";
  if (nth === 1 && happens(gone, "gone", path, id)) return "gone";
  let drawn = draw("answer", path, id, nth) * 10_000;
  for (const [way, share] of Object.entries(ANSWERS)) {
    drawn -= share;
    if (drawn < 0) return way;
  }
  return "fine";
}

export const answer = (way, request, response) => WAYS[way](request, response);
