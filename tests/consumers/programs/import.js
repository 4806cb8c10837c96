import { readFileSync } from "node:fs";
import * as orderhook from "orderhook";
import { answers } from "./answers.js";

await orderhook.init();
console.log(
  JSON.stringify(await answers(orderhook, JSON.parse(readFileSync("corpus.json", "utf8")))),
);
