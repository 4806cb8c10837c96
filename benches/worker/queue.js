// Stands in for the queue, as a Worker in the same process. It keeps the last message, which `GET` returns.
const TAKEN =
  '{"metadata":{"metrics":{"backlogCount":0,"backlogBytes":0,"oldestMessageTimestamp":0}}}';
let last = null;

export default {
  async fetch(request) {
    if (request.method === "GET") return new Response(last);
    last = await request.arrayBuffer();
    return new Response(TAKEN);
  },
};
