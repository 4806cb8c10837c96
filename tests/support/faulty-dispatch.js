// Runs in dispatch's place: its objects fail for the consumer as their names and its messages say. GET /asked answers with the
// messages of each question to them, and forgets them.
import dispatch, { Journal as DispatchJournal, Registry } from "./entry.js";

const asked = [];

/** The deadlines of the calls, the latest last. */
const deadlines = [];
const wait = globalThis.setTimeout;
globalThis.setTimeout = (work, ms) => {
  deadlines.push(work);
  return wait(work, ms);
};

const rejected = (flag) => () =>
  Promise.reject(Object.assign(new Error(`it is ${flag}`), { [flag]: true }));

/** Never answers; the deadline passes at once. */
const late = () => {
  deadlines.at(-1)();
  return new Promise(() => {});
};

/** What a journal of this name answers. `take` resolves to the true answer. */
const FAULTS = {
  nonsense: () => "taken",
  object: () => '{"seq":1,"verdict":null,"new":true}',
  number: () => 3,
  nothing: () => undefined,
  "too-few": async (take) => JSON.stringify(JSON.parse(await take()).slice(1)),
  "too-many": async (take) => JSON.stringify([...JSON.parse(await take()), { seq: 1, new: true }]),
  "rejected-text": async (take) => Promise.reject(await take()),
  "rejected-nothing": () => Promise.reject(undefined),
  overloaded: rejected("overloaded"),
  retryable: rejected("retryable"),
  late,
};

export class Journal extends DispatchJournal {
  /** Makes the storage refuse events whose ids begin with `bad`. */
  refuseBad() {
    this.ctx.storage.sql.exec(
      `CREATE TRIGGER refuses BEFORE INSERT ON events WHEN NEW.id LIKE 'bad%'
       BEGIN SELECT RAISE(ABORT, 'it is bad'); END`,
    );
  }
}
export { Registry };

const journals = (namespace) => ({
  getByName(name) {
    const journal = namespace.getByName(name);
    const take = (texts) => {
      asked.push(texts.map((text) => JSON.parse(text).id));
      const fault = FAULTS[name];
      return fault ? fault(() => journal.take(texts)) : journal.take(texts);
    };
    return { take };
  },
});

/** Refuses to keep a letter whose id begins with `bad`, and fails for one with the name of a fault. */
const registry = (namespace) => ({
  getByName(name) {
    const object = namespace.getByName(name);
    const ask = (question) => {
      const { note, dead_letters: letters } = JSON.parse(question);
      if (note?.journals.includes("unknown")) throw new Error("no journal is noted");
      if (!letters?.keep) return object.ask(question);
      const ids = letters.keep.letters.map(({ id }) => id);
      asked.push(ids);
      if (ids.some((id) => id.startsWith("bad"))) throw new Error("it is not kept");
      const fault = FAULTS[ids.find((id) => id in FAULTS)];
      return fault ? fault(() => object.ask(question)) : object.ask(question);
    };
    return { ask };
  },
});

export default {
  ...dispatch,
  fetch: (request, env, ctx) =>
    new URL(request.url).pathname === "/asked"
      ? Response.json(asked.splice(0))
      : dispatch.fetch(request, env, ctx),
  queue: (batch, env, ctx) =>
    dispatch.queue(
      batch,
      { ...env, JOURNAL: journals(env.JOURNAL), REGISTRY: registry(env.REGISTRY) },
      ctx,
    ),
};
