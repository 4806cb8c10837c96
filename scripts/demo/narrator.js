// Tells in the terminal what happens, and counts it.
import { say } from "../lib/command.js";

/** The widths of the columns. Of a longer id, the end is shown. */
const [SOURCE, SHOWN, STATUS, WORD] = [17, 14, 20, 30];
const WIDTH = SHOWN + STATUS + WORD + 4;

const MARKS = { late: " (late)", copy: " (again)" };

export class Narrator {
  /** The number of answers, by the receiver's word for each. */
  answers = new Map();
  /** What was refused, as rows of what its sender did, the answer, and the reason. */
  refused = [];

  /** Tells of a delivery, and of the receiver's answer to it. */
  tell({ kind, arrives, account, order, sample, title }, { status, word, detail }) {
    this.answers.set(word, (this.answers.get(word) ?? 0) + 1);
    if (kind === "forgery") this.refused.push([account.source, title, `${status} ${word}`, detail]);
    const columns =
      kind === "forgery"
        ? [`somebody ${title}`.padEnd(WIDTH)]
        : [
            shortened(order.own.order).padEnd(SHOWN),
            sample.status.padEnd(STATUS),
            `"${sample.text}"${MARKS[kind] ?? ""}`.padEnd(WORD),
          ];
    const answer = status < 400 ? word : `${status} ${word}`;
    say([clock(arrives), account.source.padEnd(SOURCE), ...columns, answer].join("  "));
  }

  /** Tells what the broken endpoint answered to an event. */
  broken = (status) =>
    say(`       accounting answers ${status}${status === 410 ? ": dispatch disables it" : ""}`);
}

const clock = (moment) => new Date(moment).toTimeString().slice(0, 5);

const shortened = (id) => (id.length > SHOWN ? `…${id.slice(1 - SHOWN)}` : id);
