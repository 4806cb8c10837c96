// Chromium: a page with the package's files as they are, and one that Vite has built.
import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFile, readFile } from "node:fs/promises";
import http from "node:http";
import { extname, join, normalize } from "node:path";
import { chromium as browsers } from "playwright-core";
import { build } from "vite";
import { output } from "../../scripts/lib/command.js";
import { CHROMIUM_ARGS, chromium } from "./chromium.js";
import { versionOf } from "./project.js";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const executablePath = chromium();
const version = output(executablePath, ["--version"])?.match(/[\d.]+/)?.[0] ?? "";

export const pages = [
  {
    name: "Chromium, as served",
    version,
    answers: (project) => answers(project.folder, "/page.html"),
  },
  {
    name: `Chromium, Vite ${versionOf("vite")}`,
    version,
    async answers(project) {
      const outDir = join(project.folder, "dist");
      await build({
        root: project.folder,
        logLevel: "error",
        configFile: false,
        build: { outDir },
      });
      await copyFile(join(project.folder, "corpus.json"), join(outDir, "corpus.json"));
      return answers(outDir, "/index.html");
    },
  },
];

/** What a page of a folder answers. */
async function answers(folder, page) {
  const server = http
    .createServer((request, response) => serve(folder, request, response))
    .listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await open(`http://127.0.0.1:${server.address().port}${page}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function open(url) {
  const browser = await browsers.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    const page = await browser.newPage();
    const complaints = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("requestfailed", (request) => complaints.push(request.url()));
    await page.goto(url);
    const answers = await page.evaluate(() => globalThis.answered);
    assert.deepEqual(complaints, []);
    return answers;
  } finally {
    await browser.close();
  }
}

async function serve(folder, { url }, response) {
  const path = normalize(new URL(url, "http://127.0.0.1").pathname);
  try {
    const content = await readFile(join(folder, path));
    response.writeHead(200, { "content-type": TYPES[extname(path)] }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}
