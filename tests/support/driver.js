// A Worker that calls dispatch's Durable Objects for a test: POST /journal/<name>/<method> or /registry/registry/<method>,
// with the arguments as a JSON list. It answers with the result, or with 500 and the error.
export default {
  async fetch(request, env) {
    const [, kind, name, method] = new URL(request.url).pathname.split("/").map(decodeURIComponent);
    const object = { journal: env.JOURNAL, registry: env.REGISTRY }[kind].getByName(name);
    try {
      return Response.json((await object[method](...(await request.json()))) ?? null);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};
