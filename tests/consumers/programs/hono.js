// Answers each case with its number from what came over the wire. Says where it listens, and ends with its input.
import { readFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import * as orderhook from "orderhook";
import { answer } from "./answers.js";

const corpus = JSON.parse(readFileSync("corpus.json", "utf8"));
const app = new Hono();

app.post("/", async (c) => {
  const came = { headers: c.req.raw.headers, body: await c.req.arrayBuffer() };
  return c.json(answer(orderhook, corpus[c.req.header("x-case")], came));
});

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => console.log(port));
process.stdin.on("end", () => process.exit()).resume();
