// Asks for secrets on the terminal, which does not show what is typed.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Failure } from "./failure.js";

/**
 * Asks for a value. If `mistake` returns an error, prints it and asks again. Returns an empty text if only Enter was pressed.
 *
 * @param {string} question
 * @param {(value: string) => string | undefined} mistake
 * @param {{ input?: NodeJS.ReadableStream, output?: NodeJS.WritableStream }} [streams]
 */
export async function ask(
  question,
  mistake,
  { input = process.stdin, output = process.stdout } = {},
) {
  for (;;) {
    const value = await typed(question, input, output);
    const wrong = value === "" ? undefined : mistake(value);
    if (wrong === undefined) return value;
    output.write(`That cannot be taken: ${wrong}.\n`);
  }
}

function typed(question, input, output) {
  output.write(question);
  // The line editor repeats what is typed on its output.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    reader.on("line", (line) => {
      isAnswered = true;
      reader.close();
      output.write("\n");
      resolve(line);
    });
    reader.on("close", () => {
      if (!isAnswered)
        reject(new Failure("ended", "Nothing more was changed. Run it again to go on."));
    });
  });
}
