// A registry of the test's own, which the real npm asks for advisories and for the packages that have one.
import { once } from "node:events";
import http from "node:http";

const ADVISORIES = "/-/npm/v1/security/advisories/bulk";

/** Starts a registry that knows these advisories, by package; or that answers every request with the status `refuses`. */
export async function startRegistry({ advisories = {}, refuses } = {}) {
  const server = http.createServer((request, response) => {
    request.resume();
    const name = decodeURIComponent(request.url.slice(1));
    const known = name in advisories ? packument(name) : undefined;
    const answer = request.url === ADVISORIES ? advisories : known;
    response.writeHead(refuses ?? (answer ? 200 : 404), { "Content-Type": "application/json" });
    response.end(JSON.stringify(answer ?? {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}

/** Returns an advisory on every version of a package. */
export const advisory = (severity, id = "GHSA-test-test-test") => ({
  id: 1,
  url: `https://advisories.example/${id}`,
  title: "Mishandles input",
  severity,
  vulnerable_versions: "*",
});

const packument = (name) => ({
  name,
  "dist-tags": { latest: "1.0.0" },
  versions: { "1.0.0": { name, version: "1.0.0", dist: {} } },
});
