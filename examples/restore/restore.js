// Restores an object of orderhook-dispatch to an earlier time. Run it with `wrangler dev --remote`, and do not deploy it: it does not
// authenticate its callers. It refuses the requests of web pages, which have an `Origin`.

export default {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response("POST a JSON body\n", { status: 405 });
    if (request.headers.has("origin"))
      return new Response("Not from a web page\n", { status: 403 });
    const { journal, registry, ...to } = await request.json();
    const isJournal = typeof journal === "string" && journal !== "" && registry === undefined;
    if (!isJournal && (journal !== undefined || registry !== true))
      return refusal('name a "journal", or "registry": true');
    if ([to.time, to.bookmark, to.keep].filter((given) => given !== undefined).length !== 1)
      return refusal('name a "time", or the "bookmark" or the "keep" of an earlier answer');
    if (to.time !== undefined && Number.isNaN(Date.parse(to.time)))
      return refusal('"time" is not a time');
    // A stub fails for good when its object begins anew.
    const object = () =>
      isJournal ? env.JOURNAL.getByName(journal) : env.REGISTRY.getByName("registry");
    return restore(object, journal ?? "registry", to);
  },
};

const refusal = (text) => new Response(`${text}\n`, { status: 400 });

const NEXT =
  'it is restored: do not restore it again, but post this "keep" until the answer is 200';

/** Restores an object, and hands it what it must know from before. With `keep`, it is restored already. */
async function restore(object, name, { time, bookmark, keep: known }) {
  const { undo, keep } =
    known === undefined
      ? await object().restore(time === undefined ? bookmark : Date.parse(time))
      : { keep: known };
  const restored = { restored: name, to: time ?? bookmark, undo };
  // If the answer is lost, the terminal has it.
  console.log(JSON.stringify({ ...restored, keep }));
  try {
    await ask(object, keep);
    return Response.json(restored);
  } catch (error) {
    return Response.json({ ...restored, keep, next: NEXT, error: error.message }, { status: 502 });
  }
}

const TRIES = 20;
const PAUSE_MS = 250;

/** Asks an object a question. An object that begins anew fails for a moment. */
async function ask(object, question) {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await object().ask(JSON.stringify(question));
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
