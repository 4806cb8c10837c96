/** Time to wait for an entry before the test fails. A passing test never waits that long. */
export const PATIENCE_MS = 60_000;

/** A list of entries that arrive from another process, in order, and a way to wait for them. */
export class Journal {
  entries = [];
  #kind;
  #waiting = new Set();

  constructor(kind) {
    this.#kind = kind;
  }

  add(entry) {
    this.entries.push(entry);
    for (const check of this.#waiting) check(entry);
  }

  /** Resolves to the first entry that satisfies `predicate`, as soon as there is one. */
  until(predicate) {
    const present = this.entries.find(predicate);
    if (present !== undefined) return Promise.resolve(present);
    return new Promise((resolve, reject) => {
      const close = () => {
        clearTimeout(timer);
        this.#waiting.delete(check);
      };
      const timer = setTimeout(() => {
        close();
        reject(
          new Error(
            `no such ${this.#kind} came: ${predicate}\n${JSON.stringify(this.entries.slice(-20), null, 2)}`,
          ),
        );
      }, PATIENCE_MS);
      const check = (entry) => {
        if (!predicate(entry)) return;
        close();
        resolve(entry);
      };
      this.#waiting.add(check);
    });
  }

  /** Resolves to the n-th entry that satisfies `predicate`, counted from 1, as soon as there is one. */
  untilNth(n, predicate = () => true) {
    let times = 0;
    return this.until((entry) => predicate(entry) && ++times === n);
  }

  /** Returns all entries, and removes them. */
  take() {
    return this.entries.splice(0);
  }
}
