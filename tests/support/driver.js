// A Worker that calls dispatch's Durable Objects for a test: POST /journal/<name>/<method> or /registry/registry/<method>,
// with the arguments as a JSON list. It answers with the result, or with 500 and the error. POST /dead-letter, with bytes, a
// start and an end, sends this part of their buffer as a dead letter.
export default {
  async fetch(request, env) {
    const [, kind, name, method] = new URL(request.url).pathname.split("/").map(decodeURIComponent);
    if (kind === "dead-letter") return sendPart(env.DEAD, ...(await request.json()));
    const object = { journal: env.JOURNAL, registry: env.REGISTRY }[kind].getByName(name);
    try {
      return Response.json((await object[method](...(await request.json()))) ?? null);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};

/** Sends a view of a larger buffer. Only the type `v8` keeps the rest of the buffer. */
async function sendPart(queue, bytes, start, end) {
  await queue.send(Uint8Array.from(bytes).subarray(start, end), { contentType: "v8" });
  return Response.json(null);
}
