// Stands in for the queue, as a Worker in the same process. It takes as long as the name of a message's order says: see delays.js.
// It keeps the last message, which `GET` returns.
const DELAY = /-r\d+w\d+q(\d+)/;
const TAKEN =
  '{"metadata":{"metrics":{"backlogCount":0,"backlogBytes":0,"oldestMessageTimestamp":0}}}';
let last = null;

export default {
  async fetch(request) {
    if (request.method === "GET") return new Response(last);
    const message = await request.text();
    await scheduler.wait(Number(DELAY.exec(message)[1]));
    last = message;
    return new Response(TAKEN);
  },
};
