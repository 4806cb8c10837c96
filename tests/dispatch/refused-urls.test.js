// No event is posted where the guard of URLs does not let it go: the guard is asked when a URL is saved, when it is tested, and before
// each attempt. A redirection is not followed.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { event, startDispatch } from "../support/dispatch.js";
import { startEndpoint } from "../support/endpoint.js";

/** Each URL with the code of its refusal, and the host that a parser finds in it; null if it finds none. */
const REFUSED = JSON.parse(
  readFileSync(new URL("../vectors/refused-urls.json", import.meta.url), "utf8"),
);

test("the table says what the parser of the WHATWG makes of each URL", () => {
  for (const { url, host } of REFUSED)
    assert.equal(URL.canParse(url) ? new URL(url).hostname : null, host, url);
});

test("none of the URLs is saved, neither in a new endpoint nor in one that there is", async () => {
  const dispatch = await startDispatch({ vars: { OWN_HOSTS: "hooks.example.com" } });
  try {
    const { id } = (await dispatch.post("/v1/endpoints", { url: "https://example.com/" })).json;
    for (const { url } of REFUSED)
      for (const answer of [
        await dispatch.post("/v1/endpoints", { url }),
        await dispatch.patch(`/v1/endpoints/${id}`, { url }),
      ]) {
        assert.deepEqual([answer.status, answer.json.code], [400, "invalid_body"], url);
        assert.match(answer.json.detail, /^`url`: the URL/, url);
      }
    const { endpoints } = (await dispatch.get("/v1/endpoints")).json;
    assert.deepEqual(
      endpoints.map(({ url }) => url),
      ["https://example.com/"],
    );
  } finally {
    await dispatch.stop();
  }
});

/** URLs that a variable lets through on a developer's machine, and the code of their refusal without it. */
const LOCAL = {
  "https://127.0.0.2:443/": "url_not_a_name",
  "https://2130706433:443/": "url_not_a_name",
  "https://0x7f.1:8443/": "url_not_a_name",
  "https://[::1]:443/": "url_not_a_name",
  "https://localhost:8443/": "url_private",
  "https://metadata.google.internal:443/": "url_private",
  "https://example.com:8080/": "url_port",
  "http://example.com:443/": "url_not_https",
};

test("a URL that is saved is refused when it is tested, and before it is sent", async () => {
  const server = await startEndpoint();
  const persist = mkdtempSync(join(tmpdir(), "dispatch-refused-"));
  const urls = { ...LOCAL, [server.url]: "url_not_https" };
  const LOCAL_ENDPOINTS = Object.keys(urls)
    .map((url) => url.split("/")[2])
    .join(" ");
  try {
    const made = await startDispatch({ persist, vars: { LOCAL_ENDPOINTS } });
    const codes = new Map();
    for (const [url, code] of Object.entries(urls)) {
      const { status, json } = await made.post("/v1/endpoints", { url });
      assert.equal(status, 201, url);
      codes.set(json.id, code);
    }
    await made.stop();
    await judgeRefused(persist, codes);
    assert.deepEqual(server.inbox.entries, []);
  } finally {
    await server.stop();
    rmSync(persist, { recursive: true, force: true });
  }
});

/** Fails unless each endpoint refuses a test, and is disabled by an event, with its code. */
async function judgeRefused(persist, codes) {
  const dispatch = await startDispatch({ persist });
  try {
    for (const [id, code] of codes) {
      const { json } = await dispatch.post(`/v1/endpoints/${id}/tests`, {});
      assert.deepEqual([json.tests_run, json.tests_succeeded], [2, 0]);
      for (const { note, status } of json.tests) assert.deepEqual([note, status], [code, null]);
    }
    await dispatch.take(event());
    for (const [id, code] of codes) {
      let endpoint;
      while (endpoint?.active !== false)
        endpoint = (await dispatch.get(`/v1/endpoints/${id}`)).json;
      assert.equal(endpoint.disabled_reason, code);
    }
  } finally {
    await dispatch.stop();
  }
}

test("no redirection is followed, whatever its status and wherever it leads", async () => {
  const server = await startEndpoint(({ path, headers }) => {
    const [, status, location] = path.split("/").map(decodeURIComponent);
    return {
      status: Number(status),
      headers: { location, refresh: `0; url=${headers.host}/away` },
    };
  });
  const away = `http://${server.pair}/away`;
  const places = [
    "/away",
    away,
    `//${server.pair}/away`,
    "https://169.254.169.254/",
    "file:///etc/passwd",
  ];
  const dispatch = await startDispatch({ vars: { LOCAL_ENDPOINTS: server.pair } });
  try {
    const rows = [301, 302, 303, 307, 308].map((status, at) => [status, places[at]]);
    for (const [status, place] of rows)
      await dispatch.post("/v1/endpoints", {
        url: `http://${server.pair}/${status}/${encodeURIComponent(place)}`,
      });
    await dispatch.take(event());
    const { endpoints } = (await dispatch.get("/v1/endpoints")).json;
    for (const { id, url } of endpoints)
      await judgeRedirected(dispatch, id, Number(url.split("/")[3]));
    assert.ok(server.inbox.entries.every(({ path }) => /^\/30\d\//.test(path)));
    assert.ok(server.inbox.entries.length >= rows.length * 3);
  } finally {
    await dispatch.stop();
    await server.stop();
  }
});

/** Fails unless an endpoint's delivery and its tests have failed with this status. */
async function judgeRedirected(dispatch, id, status) {
  let delivery;
  while (delivery?.last_status !== status)
    [delivery] = (await dispatch.get(`/v1/endpoints/${id}/deliveries`)).json.deliveries;
  assert.notEqual(delivery.state, "done");
  const { json } = await dispatch.post(`/v1/endpoints/${id}/tests`, {});
  assert.deepEqual(
    json.tests.map((sent) => [sent.succeeded, sent.status]),
    [
      [false, status],
      [false, status],
    ],
  );
}
