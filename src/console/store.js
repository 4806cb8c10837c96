// A value that the whole page shares, and that components follow.
import { useEffect, useState } from "./vendor/hooks.js";

/**
 * Makes a store. `use` returns its value in a component, which is drawn again when the value changes.
 *
 * @template T
 * @param {T} value
 */
export function store(value) {
  let current = value;
  const followers = new Set();
  return {
    get: () => current,
    /** @param {T} next */
    set(next) {
      current = next;
      for (const follow of followers) follow(next);
    },
    /** @returns {T} */
    use() {
      const [seen, setSeen] = useState(current);
      useEffect(() => {
        // It may have changed between the drawing and this effect.
        setSeen(() => current);
        const follow = (next) => setSeen(() => next);
        followers.add(follow);
        return () => void followers.delete(follow);
      }, []);
      return seen;
    },
  };
}
