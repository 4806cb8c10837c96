// Answers of the API in components: loading, there, or failed.
import { asking, get } from "./api.js";
import { useCallback, useEffect, useRef, useState } from "./vendor/hooks.js";

/**
 * Returns the answer to a path of the API. While it is loaded again, the answer before is kept. A null path asks nothing.
 *
 * @param {string | null} path
 * @param {{ every?: number }} [options] `every` asks again after so many milliseconds, while the page is seen
 */
export function useAnswer(path, { every } = {}) {
  const [found, setFound] = useState(/** @type {Found} */ ({}));
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === null) return undefined;
    const control = new AbortController();
    get(path, { signal: control.signal }).then(
      (answer) => setFound({ path, answer }),
      (problem) => {
        if (problem.name !== "AbortError")
          setFound((before) => ({ ...(before.path === path && before), path, problem }));
      },
    );
    return () => control.abort();
  }, [path, round]);
  const again = useCallback(() => setRound((round) => round + 1), []);
  useEvery(every, again);
  const { answer, problem } = found.path === path ? found : {};
  return { answer, problem, again, isLoading: answer === undefined && problem === undefined };
}

/** @typedef {{ path?: string | null, answer?: any, problem?: any }} Found */

/** Calls a function again and again while the page is seen. */
export function useEvery(milliseconds, call) {
  const latest = useRef(call);
  latest.current = call;
  useEffect(() => {
    if (milliseconds === undefined) return undefined;
    const timer = setInterval(() => document.hidden || latest.current(), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}

/**
 * Returns the entries of a list that is loaded page by page. `member` names the entries in an answer.
 *
 * @param {string | null} path
 * @param {string} member
 * @param {{ every?: number }} [options] as those of `useAnswer`, until a second page is loaded
 */
export function useList(path, member, { every } = {}) {
  const [rest, setRest] = useState(/** @type {Rest} */ ({ pages: [] }));
  const first = useAnswer(path, { every: rest.path === path ? undefined : every });
  const isOf = rest.first !== undefined && rest.first === first.answer;
  const pages = first.answer ? [first.answer, ...(isOf ? rest.pages : [])] : [];
  const next = pages.at(-1)?.next ?? null;
  const more = async () => {
    const base = { path, first: first.answer, pages: isOf ? rest.pages : [] };
    setRest({ ...base, isLoading: true });
    try {
      const page = await get(withCursor(path, next));
      setRest({ ...base, pages: [...base.pages, page] });
    } catch (problem) {
      setRest({ ...base, problem });
    }
  };
  return {
    ...first,
    entries: pages.flatMap((page) => page[member]),
    more: next === null ? undefined : more,
    isLoadingMore: isOf && rest.isLoading === true,
    moreProblem: isOf ? rest.problem : undefined,
  };
}

/** @typedef {{ path?: string | null, first?: any, pages: any[], isLoading?: boolean, problem?: any }} Rest */

function withCursor(path, cursor) {
  const [base, query = ""] = path.split("?");
  return asking(base, { ...Object.fromEntries(new URLSearchParams(query)), cursor });
}
