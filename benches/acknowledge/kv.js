// Stands in for KV, as a Worker in the same process. It takes as long as the name of a key's order says: see delays.js.
const MOST = 65_536;
const DELAYS = /-r(\d+)w(\d+)q\d+(k?)/;
const RECORD = '{"id":"taken elsewhere","taken_at":"2026-01-01T00:00:00.000Z"}';
const kept = new Map();

export default {
  async fetch(request) {
    const { method, url } = request;
    const query = url.indexOf("?");
    const key = query < 0 ? url : url.slice(0, query);
    const [, read, write, elsewhere] = DELAYS.exec(key);
    if (method === "PUT") {
      const value = await request.arrayBuffer();
      await scheduler.wait(Number(write));
      kept.set(key, value);
      if (kept.size > MOST) kept.delete(kept.keys().next().value);
      return new Response();
    }
    await scheduler.wait(Number(read));
    const value = elsewhere ? RECORD : kept.get(key);
    return value === undefined ? new Response(null, { status: 404 }) : new Response(value);
  },
};
