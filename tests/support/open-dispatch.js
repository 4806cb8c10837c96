// Runs in dispatch's place: its objects answer to a test, too, which runs SQL in them and calls their alarms.
import dispatch, { Journal as DispatchJournal, Registry as DispatchRegistry } from "./entry.js";

const opened = (Base) =>
  class extends Base {
    sql(query, ...args) {
      return [...this.ctx.storage.sql.exec(query, ...args).raw()];
    }

    /** Answers a question. Returns the answer, and how many rows were read for it. */
    async counted(question) {
      const [answer, cursors] = await this.#observed(() => this.ask(JSON.stringify(question)));
      const read = cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
      return { answer: JSON.parse(answer), read };
    }

    /** Takes an event. Returns how many rows were read for it. */
    async readToTake(text) {
      const [, cursors] = await this.#observed(() => this.take([text]));
      return cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
    }

    /** Runs statements, and takes a step with deliveries before any alarm comes. Returns how many rows were written for the step. */
    async written(step, ...statements) {
      for (const [query, ...args] of statements) this.ctx.storage.sql.exec(query, ...args);
      const [, cursors] = await this.#observed(() => this.deliver(step));
      return cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
    }

    /** Does some work. Returns its answer, and the cursors of its statements. */
    async #observed(work) {
      const { sql } = this.ctx.storage;
      const cursors = [];
      const exec = sql.exec.bind(sql);
      sql.exec = (...args) => {
        const cursor = exec(...args);
        cursors.push(cursor);
        return cursor;
      };
      try {
        return [await work(), cursors];
      } finally {
        delete sql.exec;
      }
    }

    async tend() {
      await this.alarm();
      return (await this.ctx.storage.getAlarm()) - Date.now();
    }

    /** Lets the alarm come, and clears the next one: on a slow machine it would come by itself. Returns the wait for it. */
    async tendOnce() {
      const wait = await this.tend();
      await this.disarm();
      return wait;
    }

    /** Lets the time of each socket be over. */
    async endSockets() {
      for (const socket of this.ctx.getWebSockets())
        socket.serializeAttachment({ ...socket.deserializeAttachment(), until: Date.now() });
    }

    async armed() {
      return this.ctx.storage.getAlarm();
    }

    async disarm() {
      await this.ctx.storage.deleteAlarm();
    }
  };

export const Journal = opened(DispatchJournal);
export const Registry = opened(DispatchRegistry);
export default dispatch;
