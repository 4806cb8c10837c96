// Runs in dispatch's place: its objects answer to a test, too, which runs SQL in them and calls their alarms.
import dispatch, { Journal as DispatchJournal, Registry as DispatchRegistry } from "./entry.js";

const opened = (Base) =>
  class extends Base {
    sql(query, ...args) {
      return [...this.ctx.storage.sql.exec(query, ...args).raw()];
    }

    async tend() {
      await this.alarm();
      return (await this.ctx.storage.getAlarm()) - Date.now();
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
