// A journal's alarm comes no later than it should: after an endpoint was changed, and in a new instance of the journal.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { startEndpoint } from "../support/endpoint.js";
import { newFolder } from "../support/versions.js";

const OPEN = readFileSync(new URL("../support/open-dispatch.js", import.meta.url), "utf8");

let server;
before(async () => {
  const busy = { status: 503, headers: { "retry-after": "36000" } };
  server = await startEndpoint(({ path }) => (path.startsWith("/busy") ? busy : 204));
});
after(() => server.stop());

/** Runs `work` with dispatch, whose state is kept in a folder. */
async function withDispatch(persist, work) {
  const vars = { LOCAL_ENDPOINTS: server.pair };
  const dispatch = await startDispatch({ around: OPEN, persist, vars });
  try {
    return await work(dispatch);
  } finally {
    await dispatch.stop();
  }
}

/** Makes an endpoint that asks for ten hours' pause, and lets it do so. Returns its path. */
async function makeBusy(dispatch, source) {
  const url = `http://${server.pair}/busy-${source}`;
  const { id } = (await dispatch.post("/v1/endpoints", { url, filter: { sources: [source] } }))
    .json;
  await dispatch.take(event({ source }));
  const path = `/v1/endpoints/${id}`;
  const tried = async () => {
    const [{ state, attempts }] = (await dispatch.get(`${path}/deliveries`)).json.deliveries;
    return state === "due" && attempts === 1;
  };
  while (!(await tried()));
  await dispatch.journal(source, "tend");
  return path;
}

test("what waits for an endpoint is sent once its URL is changed, without another event", async () => {
  await withDispatch(newFolder(), async (dispatch) => {
    const source = "moved";
    const path = await makeBusy(dispatch, source);
    const waiting = event({ source });
    await dispatch.take(waiting);
    const url = `http://${server.pair}/well`;
    assert.equal((await dispatch.patch(path, { url })).status, 200);
    const sent = await server.inbox.until((request) => request.path === "/well");
    assert.equal(JSON.parse(sent.body).id, waiting.id);
  });
});

test("a new instance leaves the alarm where it is, if it has nothing to do before", async () => {
  const [persist, source] = [newFolder(), "evicted"];
  const alarm = await withDispatch(persist, async (dispatch) => {
    await makeBusy(dispatch, source);
    return dispatch.journal(source, "armed");
  });
  await withDispatch(persist, async (dispatch) => {
    await dispatch.take(event({ source }));
    assert.equal(await dispatch.journal(source, "armed"), alarm);
  });
});
