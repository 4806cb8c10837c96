// The files that dispatch serves: the console, under a policy that lets it run its own scripts alone.
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startDispatch } from "../support/dispatch.js";
import { builtFile } from "../support/settings.js";

const HEADERS = {
  "content-security-policy": [
    ...["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'"],
    ...["img-src 'self' data:", "connect-src 'self'", "font-src 'self'", "form-action 'none'"],
    ...["frame-ancestors 'none'", "base-uri 'none'"],
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=63072000",
  "x-content-type-options": "nosniff",
};

let dispatch;
before(async () => (dispatch = await startDispatch({ hasAssets: true })));
after(() => dispatch.stop());

const FOLDER = fileURLToPath(builtFile("build-dispatch-assets", "console"));

/** The files that the console has, as paths below it. */
const files = readdirSync(FOLDER, { encoding: "utf8", recursive: true }).filter((name) =>
  statSync(join(FOLDER, name)).isFile(),
);

function assertHeaders({ headers }, path) {
  for (const [name, value] of Object.entries(HEADERS)) assert.equal(headers[name], value, path);
}

test("every file of the console has the headers of the policy", async () => {
  assert.ok(files.includes("index.html"));
  for (const name of files) {
    const path = `/console/${name === "index.html" ? "" : name}`;
    const answer = await dispatch.send({ path });
    assert.equal(answer.status, 200, path);
    assertHeaders(answer, path);
  }
});

test("the address without a path leads to the console", async () => {
  for (const path of ["/", "/console", "/console/index.html"]) {
    const { status, headers } = await dispatch.send({ path });
    assert.ok([302, 307].includes(status), `${path} ${status}`);
    assert.equal(headers.location, "/console/", path);
  }
});

test("any other address is the API's, which says nothing without a token", async () => {
  for (const path of ["/console/none.js", "/_headers", "/_redirects", "/none", "/v1/events"]) {
    const { status, json } = await dispatch.send({ path });
    assert.deepEqual([status, json?.code], [401, "token_missing"], path);
  }
  assert.equal((await dispatch.get("/v1/events")).status, 200);
  assert.equal((await dispatch.get("/console/none.js")).status, 404);
});
