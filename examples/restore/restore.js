// Restores an object of orderhook-dispatch to an earlier time. Run it with `wrangler dev --remote`, and do not deploy it: it does not
// authenticate its callers. It refuses the requests of web pages, which have an `Origin`.

export default {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response("POST a JSON body\n", { status: 405 });
    if (request.headers.has("origin"))
      return new Response("Not from a web page\n", { status: 403 });
    const { journal, registry, time, bookmark } = await request.json();
    const isJournal = typeof journal === "string" && journal !== "" && registry === undefined;
    if (!isJournal && (journal !== undefined || registry !== true))
      return refusal('name a "journal", or "registry": true');
    if ((time === undefined) === (bookmark === undefined))
      return refusal('name a "time", or the "bookmark" of an earlier answer');
    const millis = time === undefined ? undefined : Date.parse(time);
    if (Number.isNaN(millis)) return refusal('"time" is not a time');
    const object = isJournal ? env.JOURNAL.getByName(journal) : env.REGISTRY.getByName("registry");
    const undo = await object.restore(millis ?? bookmark);
    return Response.json({ restored: journal ?? "registry", to: time ?? bookmark, undo });
  },
};

const refusal = (text) => new Response(`${text}\n`, { status: 400 });
