const { readFileSync } = require("node:fs");
const orderhook = require("orderhook");

void (async () => {
  const { answers } = await import("./answers.js");
  await orderhook.init();
  console.log(
    JSON.stringify(await answers(orderhook, JSON.parse(readFileSync("corpus.json", "utf8")))),
  );
})();
