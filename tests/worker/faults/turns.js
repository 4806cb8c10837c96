/** After so many turns of others, a postponed task is resumed. */
const MANY = 100;

/** Runs so many tasks at a time. */
export class Turns {
  #free;
  #all;
  #next = [];
  #aside = [];

  constructor(all) {
    this.#all = this.#free = all;
  }

  /** Resolves to the function that ends the turn; it may be called more than once. Begun tasks go before new ones. */
  async take({ begun = false } = {}) {
    if (this.#free > 0) this.#free -= 1;
    else
      await new Promise((resolve) =>
        begun ? this.#next.unshift(resolve) : this.#next.push(resolve),
      );
    let ended = false;
    return () => {
      if (!ended) this.#end();
      ended = true;
    };
  }

  /** Resolves after many turns of others, or when no task has a turn. */
  others() {
    if (this.#free === this.#all) return undefined;
    return new Promise((resolve) => this.#aside.push({ resolve, left: MANY }));
  }

  #end() {
    const next = this.#next.shift();
    if (next === undefined) this.#free += 1;
    else next();
    const idle = this.#free === this.#all;
    for (const one of this.#aside) one.left -= 1;
    const over = this.#aside.filter(({ left }) => left === 0 || idle);
    this.#aside = this.#aside.filter((one) => !over.includes(one));
    for (const { resolve } of over) resolve();
  }
}
