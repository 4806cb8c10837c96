// Stands in for KV, as a Worker in the same process.
const MOST = 4_096;
const kept = new Map();

export default {
  async fetch(request) {
    const { method, url } = request;
    const query = url.indexOf("?");
    const key = query < 0 ? url : url.slice(0, query);
    if (method !== "PUT") {
      const value = kept.get(key);
      return value === undefined ? new Response(null, { status: 404 }) : new Response(value);
    }
    kept.set(key, await request.arrayBuffer());
    if (kept.size > MOST) kept.delete(kept.keys().next().value);
    return new Response();
  },
};
