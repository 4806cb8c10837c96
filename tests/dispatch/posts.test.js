// What dispatch posts at a time, what it loads for that, and when it stops waiting.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { leave, settle } from "../../src/dispatch/host/host.js";
import { addLoads, addPosts, nextPosts, startPosts, stored } from "../../src/dispatch/host/post.js";

const NEVER = Number.MAX_SAFE_INTEGER;
const request = (group, until = NEVER) => [group, `https://${group}.example/`, [], "", until];

/** The posts that wait for their answers: each is a function that answers. */
let running;
const { fetch } = globalThis;
/** Keeps the process: a deadline alone does not. */
let alive;
beforeEach(() => {
  running = [];
  alive = setInterval(() => {}, 60_000);
  globalThis.fetch = (url, { signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      if (signal.aborted) reject(signal.reason);
      running.push({ url, answer: () => resolve(new Response("taken", { status: 200 })) });
    });
});
afterEach(() => {
  globalThis.fetch = fetch;
  clearInterval(alive);
});

/** Resolves to the words and statuses of the next outcomes, by their places. */
const ended = async (posts) =>
  (await nextPosts(posts))[1].map(([place, , , status]) => [place, status]);

test("at most six are posted at a time, and two of one endpoint", async () => {
  const posts = startPosts(6, 2, 15_000);
  addPosts(
    posts,
    [..."aaabbbcccddd"].map((group) => request(group)),
  );
  assert.deepEqual(
    running.map(({ url }) => new URL(url).host[0]),
    [..."aabbcc"],
  );
  running[0].answer();
  assert.deepEqual(await ended(posts), [[0, 200]]);
  assert.equal(new URL(running[6].url).host[0], "a");
});

test("a request that has not begun in time is not begun", async () => {
  const posts = startPosts(6, 2, 15_000);
  addPosts(posts, [request("a", Date.now() - 1), request("b")]);
  assert.equal(running.length, 1);
  assert.deepEqual(await ended(posts), [[0, "late"]]);
});

test("an answer that does not come in time is not waited for", async () => {
  const posts = startPosts(6, 2, 0);
  addPosts(posts, [request("a")]);
  assert.deepEqual(await ended(posts), [[0, "timeout"]]);
  assert.deepEqual(await nextPosts(posts), [[], []]);
});

test("what one journal has loaded is posted before another answers", async () => {
  const answers = {};
  const JOURNAL = {
    idFromString: (id) => id,
    get: (id) => ({ deliver: (step) => new Promise((end) => (answers[id] = () => end(step))) }),
  };
  const posts = startPosts(6, 2, 15_000);
  addLoads(posts, { env: { JOURNAL } }, ["slow", "fast"], ["step 0", "step 1"]);
  answers.fast();
  const [[[place, , answer]]] = await nextPosts(posts);
  assert.deepEqual([place, answer], [1, [true, "step 1"]]);
  addPosts(posts, [request("a")]);
  running[0].answer();
  assert.deepEqual(await ended(posts), [[0, 200]]);
  answers.slow();
  const [[[last]]] = await nextPosts(posts);
  assert.equal(last, 0);
  assert.deepEqual(await nextPosts(posts), [[], []]);
});

test("bodies are read from KV all at once", async () => {
  const waiting = [];
  const SEEN = {
    get: (key) => new Promise((end, fail) => waiting.push({ key, end, fail })),
  };
  const read = stored({ env: { SEEN } }, ["a", "b", "c"]);
  assert.deepEqual(
    waiting.map(({ key }) => key),
    ["a", "b", "c"],
  );
  waiting[2].fail(new Error("forced"));
  waiting[1].end(null);
  waiting[0].end(new TextEncoder().encode("body").buffer);
  const [body, nothing, failed] = await read;
  assert.deepEqual([body[0], new TextDecoder().decode(body[1])], [true, "body"]);
  assert.deepEqual(nothing, [true, null]);
  assert.deepEqual([failed[0], failed[1].message], [false, "forced"]);
});

test("the messages of a batch are settled as it was decided, unless the batch has left its queue", () => {
  const settled = [];
  const batch = {
    messages: ["a", "b"].map((id) => ({
      ack: () => settled.push(id),
      retry: ({ delaySeconds }) => settled.push([id, delaySeconds]),
    })),
  };
  settle(batch, [-1, 5]);
  assert.deepEqual(settled, ["a", ["b", 5]]);
  leave(batch);
  settle(batch, [5, -1]);
  assert.equal(settled.length, 2);
});
