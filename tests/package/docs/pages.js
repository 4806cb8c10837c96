// The pages that describe the package, and the examples in them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const FENCE = /^(?:<!-- (\S+) -->\n)?```(\w+)\n(.*?)^```$/gms;

export class Pages {
  #texts;
  #fences;
  #unused;

  /** Reads pages, whose paths begin at the root of the project. */
  constructor(...paths) {
    const read = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
    this.#texts = new Map(paths.map((path) => [path, read(path)]));
    this.#fences = [...this.#texts.values()].flatMap((text) =>
      [...text.matchAll(FENCE)].map(([, name, language, content]) => ({ name, language, content })),
    );
    this.#unused = new Set(this.#fences.map(({ name }) => name).filter(Boolean));
  }

  text(path) {
    return this.#texts.get(path);
  }

  /** Returns the fenced block under the comment `<!-- name -->`. */
  block(name) {
    const found = this.#fences.filter((fence) => fence.name === name);
    assert.equal(found.length, 1, `${[...this.#texts.keys()].join(", ")}: blocks named "${name}"`);
    this.#unused.delete(name);
    return found[0].content;
  }

  /** Returns the examples that no test has asked for. Lines for a shell need no name. */
  untested() {
    const unnamed = this.#fences.filter(({ name, language }) => !name && language !== "sh");
    return [...unnamed.map(({ content }) => content), ...this.#unused];
  }
}
