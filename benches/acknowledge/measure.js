// Measures the time from a delivery to its answer, of events that are accepted and of their copies. The contestants take turns; in
// a round each has the same deliveries, with the same delays.
import { shuffled } from "../peers/rounds.js";
import { Connection } from "../worker/load.js";
import { request, SCENARIOS } from "../worker/scenarios.js";
import { orderWith } from "./delays.js";

/** Milliseconds from one event to the next. Few are on their way at once, so that none waits for a processor. */
const GAP_MS = 8;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How an event is delivered: each returns its answers by kind. A copy is the one that is sent second. */
const WAYS = {
  async alone(post, sent) {
    const accepted = await post(sent);
    return { accepted, after: await post(sent) };
  },
  async together(post, sent) {
    const [first, moment] = await Promise.all([post(sent), post(sent)]);
    return { first, moment };
  },
  elsewhere: async (post, sent) => ({ elsewhere: await post(sent) }),
};

/** The kinds of answers, and what they are called. That to the first of two in one moment is not among them. */
export const ANSWERS = {
  accepted: "accepted",
  moment: "copy in the same moment",
  after: "copy after the answer",
  elsewhere: "copy that KV alone knows",
};

/** Draws the deliveries of a round: so many events for each way, in a mixed order. */
function deliveries(count, draw) {
  const of = (way) =>
    Array.from({ length: count }, () => {
      const order = orderWith(draw(), way === "elsewhere");
      return { way, sent: request(SCENARIOS.accepted, order) };
    });
  return shuffled(Object.keys(WAYS).flatMap(of));
}

/** Connections to a Worker, each with one request in flight. */
class Pool {
  #port;
  #free = [];

  constructor(port) {
    this.#port = port;
  }

  /** Posts it. Returns the milliseconds until its answer, and the answer's status. */
  async post(sent) {
    const connection = this.#free.pop() ?? (await Connection.open(this.#port));
    await connection.ready();
    const ms = await connection.send(sent);
    const status = Number(connection.last.slice(9, 12));
    this.#free.push(connection);
    return { ms, status };
  }

  close() {
    for (const connection of this.#free) connection.close();
  }
}

/** Makes a runner of a started contestant. */
export const runnerOf = (contestant, worker) => ({
  contestant,
  worker,
  pool: new Pool(worker.port),
});

/** Delivers them all to a runner. Returns the answers to each, in the order of `all`. */
async function answersOf({ pool }, all) {
  const post = (sent) => pool.post(sent);
  const began = performance.now();
  const answered = [];
  for (const [at, { way, sent }] of all.entries()) {
    const early = began + at * GAP_MS - performance.now();
    if (early > 0) await pause(early);
    answered.push(WAYS[way](post, sent));
  }
  return Promise.all(answered);
}

/** Measures so many rounds. Returns the answers to each event, by the contestant's name; at every contestant in the same order. */
export async function rounds(runners, { rounds, count, draw }) {
  const found = new Map(runners.map(({ contestant }) => [contestant.name, []]));
  for (let round = 0; round < rounds; round++) {
    const all = deliveries(count, draw);
    for (const runner of shuffled(runners))
      found.get(runner.contestant.name).push(...(await answersOf(runner, all)));
  }
  return found;
}

// ── Results

const times = (events, kind) =>
  events.filter((answers) => answers[kind]).map((answers) => answers[kind].ms);

const share = (sorted, of) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))];

/** Returns the median of the milliseconds until answers of a kind, and what 99 of 100 stay within. */
export function spread(events, kind) {
  const sorted = times(events, kind).sort((a, b) => a - b);
  return { median: share(sorted, 0.5), most: share(sorted, 0.99), count: sorted.length };
}

/** Returns how many times as long as at the other an answer took: the median over the same deliveries, and of 99 of 100. */
export function against(events, others, kind) {
  const own = times(events, kind);
  const their = times(others, kind);
  const each = own.map((ms, at) => ms / their[at]).sort((a, b) => a - b);
  return {
    median: share(each, 0.5),
    most: spread(events, kind).most / spread(others, kind).most,
  };
}

const ACCEPTED = 202;
const DUPLICATE = 200;

/** Returns how many copies became a second event, and how many deliveries were neither accepted nor a duplicate. */
export function outcomes(events) {
  const statuses = (answers) => Object.values(answers).map(({ status }) => status);
  const second = (kind) =>
    events.filter(
      (answers) =>
        answers[kind] &&
        // One that KV alone knows was accepted before.
        statuses(answers).filter((status) => status === ACCEPTED).length >
          (kind === "elsewhere" ? 0 : 1),
    ).length;
  const others = events.flatMap(statuses).filter((it) => it !== ACCEPTED && it !== DUPLICATE);
  return { second, others: others.length };
}
