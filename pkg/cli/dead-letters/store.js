// The dead letters of this machine: one file for each, in the order of their time.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MILLIS_DIGITS = 15;

export class LetterStore {
  #folder;

  constructor(folder) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Keeps a letter. A letter that comes again is kept once. */
  add(letter) {
    const name = `${String(letter.timestamp_ms).padStart(MILLIS_DIGITS, "0")}-${letter.id.replaceAll(/\W/g, "_")}`;
    const unfinished = join(this.#folder, `${name}.part`);
    writeFileSync(unfinished, JSON.stringify(letter), { mode: 0o600 });
    renameSync(unfinished, join(this.#folder, `${name}.json`));
  }

  /** Returns the first letters, each with its `ref`. */
  first(most) {
    return this.#names()
      .slice(0, most)
      .map((ref) => ({ ref, ...JSON.parse(readFileSync(join(this.#folder, ref), "utf8")) }));
  }

  get count() {
    return this.#names().length;
  }

  /** Forgets the letter of a ref, and returns whether it was there. */
  remove(ref) {
    if (!this.#names().includes(ref)) return false;
    rmSync(join(this.#folder, ref));
    return true;
  }

  #names() {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(".json"))
      .sort();
  }
}
