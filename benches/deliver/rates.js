// Deliveries a second: of dispatch, from a backlog, and of a sender by hand that keeps nothing.
import { event, startDispatch } from "../../tests/support/dispatch.js";
import { startEndpoint } from "../../tests/support/endpoint.js";
import { send } from "../peers/send.js";

/** A server that counts, and says when it has taken so many. */
async function startCounter() {
  let [left, ended] = [0, undefined];
  const server = await startEndpoint(() => {
    server.inbox.take();
    left -= 1;
    if (left === 0) ended();
    return 204;
  });
  const take = (count) => {
    left = count;
    return new Promise((end) => (ended = end));
  };
  return { ...server, take };
}

const bodies = (count, sources) =>
  Array.from({ length: count }, (_, n) =>
    event({ source: `rate-${n % sources}`, data: { order: { id: `${n}` } } }),
  );

/** Drains a backlog of one endpoint that is in so many journals. Returns deliveries a second. */
async function drained(count, sources) {
  const server = await startCounter();
  const dispatch = await startDispatch({ vars: { LOCAL_ENDPOINTS: server.pair } });
  try {
    const made = await dispatch.post("/v1/endpoints", { url: server.url, active: false });
    const path = `/v1/endpoints/${made.json.id}`;
    await dispatch.take(...bodies(count, sources));
    await dispatch.patch(path, { active: true });
    const taken = server.take(count);
    const began = performance.now();
    for (let cursor; cursor !== null; ) {
      const body = { failed_only: true, ...(cursor && { cursor }) };
      cursor = (await dispatch.post(`${path}/replay`, body)).json.cursor;
    }
    await taken;
    return (count / (performance.now() - began)) * 1000;
  } finally {
    await dispatch.stop();
    await server.stop();
  }
}

/** Lets the sender by hand post as many. Returns posts a second. */
async function byHand(count) {
  const server = await startCounter();
  try {
    const began = performance.now();
    await send(server.url, bodies(count, 1));
    return (count / (performance.now() - began)) * 1000;
  } finally {
    await server.stop();
  }
}

/** Measures all, in turns. Returns a row of each, with the median of the rounds. */
export async function rates({ rounds, count }) {
  const contestants = {
    "dispatch, one journal": () => drained(count, 1),
    "dispatch, four journals": () => drained(count, 4),
    "by hand: standardwebhooks and fetch in Node": () => byHand(count),
  };
  const found = new Map(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, measure] of Object.entries(contestants))
      found.get(name).push(await measure());
  const middle = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
  return [...found].map(([name, all]) => ({ name, rate: middle(all) }));
}
