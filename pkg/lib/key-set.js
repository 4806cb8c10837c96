// A set of public keys at an address: how often it is fetched, how much of it is read, and how long it is used. The package and
// dispatch use it, and src/worker/keys.rs has the same rules.

/** A set is fetched at most once in this time, in milliseconds. */
const PAUSE_MS = 60_000;
/** An older set is fetched again before it is used. If that fails, it is used up to the second age. */
const FRESH_MS = 3_600_000;
const LAST_MS = 86_400_000;

/** The milliseconds that a fetch may take, and those after which a caller looks again whether another one's fetch has ended. */
const FETCH_MS = 3000;
const LOOK_MS = 50;
/** A fetch that says nothing for so long ended with the request that made it, and another one may begin. */
const ABANDONED_MS = FETCH_MS + 500;

/** The most bytes of a set. */
const MAX_BYTES = 64 * 1024;

/** A set and its age. No caller awaits the promise of another: a Worker's runtime ties it to the request that made it. */
export class KeySet {
  /** What was fetched last; undefined if nothing was. */
  latest;
  #url;
  #read;
  #fetched = -Infinity;
  #tried = -Infinity;
  #isTrying = false;

  /**
   * `read` returns the keys of a text. It throws if the text is not a key set.
   *
   * @param {string} url
   * @param {(text: string) => any} read
   */
  constructor(url, read) {
    this.#url = url;
    this.#read = read;
  }

  /** Whether the keys are recent enough to be used as they are. */
  get isFresh() {
    return Date.now() - this.#fetched < FRESH_MS;
  }

  /**
   * Resolves to the keys, and to whether this call fetched them. They are fetched if they are old, or if they do not fit. Keys that
   * do not fit are those that were fetched last; undefined means that the keys cannot be fetched.
   *
   * @param {(keys: any) => boolean} fits
   * @returns {Promise<{ keys: any, isOwn: boolean }>}
   */
  async keys(fits) {
    let own;
    const found = (keys) => ({ keys, isOwn: own === this.#fetched });
    for (;;) {
      const now = Date.now();
      const usable = now - this.#fetched < LAST_MS ? this.latest : undefined;
      const isFit = usable !== undefined && fits(usable);
      const mayFetch = now - this.#tried >= (this.#isTrying ? ABANDONED_MS : PAUSE_MS);
      if (isFit && (this.isFresh || !mayFetch)) return found(usable);
      if (mayFetch) own = await this.#fetch();
      else if (this.#isTrying) await pause(LOOK_MS);
      else return found(this.#fetched >= this.#tried ? usable : undefined);
    }
  }

  /** Fetches the keys. Those that are there stay if that fails. Resolves to when the fetch began. */
  async #fetch() {
    const now = Date.now();
    this.#tried = now;
    this.#isTrying = true;
    try {
      this.latest = this.#read(await textAt(this.#url));
      this.#fetched = now;
    } catch {
      // `keys` says so.
    } finally {
      // An abandoned fetch may end after all, while another one is under way.
      if (this.#tried === now) this.#isTrying = false;
    }
    return now;
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function textAt(url) {
  const response = await fetch(url, {
    // Workers do not have "error". The status tells a redirection from a set.
    redirect: "manual",
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(FETCH_MS),
  });
  if (response.status !== 200 || response.body === null) throw new Error("no key set");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, length] = ["", 0];
  for await (const piece of response.body) {
    length += piece.length;
    if (length > MAX_BYTES) throw new Error("too large");
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
