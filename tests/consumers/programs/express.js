// Answers each case with its number from what came over the wire. Says where it listens, and ends with its input.
import { readFileSync } from "node:fs";
import express from "express";
import * as orderhook from "orderhook";
import { answer } from "./answers.js";

const corpus = JSON.parse(readFileSync("corpus.json", "utf8"));
const app = express();

app.post("/", express.raw({ type: "*/*" }), ({ headers, body }, response) => {
  response.json(answer(orderhook, corpus[headers["x-case"]], { headers, body }));
});

const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit()).resume();
