// Express and Hono: a server of the project's, and a real request for each case.
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { createInterface } from "node:readline";
import { bodyOf } from "../package/answers.js";
import { corpus } from "../support/corpus.js";
import { versionOf } from "./project.js";

export const servers = [
  {
    name: "Express on Node",
    version: versionOf("express"),
    answers: (project) => answers(project, "express.js"),
  },
  {
    name: "Hono on Node",
    version: versionOf("hono"),
    answers: (project) => answers(project, "hono.js"),
  },
];

/** Why HTTP cannot carry a case as it is; undefined where it can. */
export const notCarried = ({ headers }) =>
  headers.some(([, value]) => value !== value.trim())
    ? "HTTP drops the blanks around a header's value"
    : undefined;

/** The answers to all cases as the server gave them, to those too that reach it changed. */
async function answers({ folder }, program) {
  // One case has more headers than Node takes as it is set.
  const args = ["--max-http-header-size=65536", program];
  const server = spawn(process.execPath, args, { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const agent = new http.Agent({ keepAlive: true });
  try {
    const port = Number(await firstLine(server));
    const given = [];
    for (const [number, one] of corpus.entries()) given.push(await post(agent, port, number, one));
    return { answers: given };
  } finally {
    agent.destroy();
    server.kill();
  }
}

async function firstLine(server) {
  for await (const line of createInterface(server.stdout)) return line;
  throw new Error("the server ended before it listened");
}

async function post(agent, port, number, one) {
  const body = Buffer.from(bodyOf(one));
  const given = one.headers.map(([name]) => name.toLowerCase());
  // `express.raw({ type: "*/*" })` reads no body that has no type.
  const usual = [
    ["host", "127.0.0.1"],
    ["content-type", "application/json"],
    ["content-length", String(body.length)],
  ];
  const more = usual.filter(([name]) => !given.includes(name));
  // Flat, so that Node sends these names and values and no others.
  const headers = [...one.headers, ...more, ["x-case", String(number)]].flat();
  const request = http
    .request({ agent, host: "127.0.0.1", port, method: "POST", path: "/", headers })
    .end(body);
  const [response] = await once(request, "response");
  const text = Buffer.concat(await response.toArray()).toString();
  if (response.statusCode !== 200) throw new Error(`${one.name}: ${response.statusCode} ${text}`);
  return JSON.parse(text);
}
