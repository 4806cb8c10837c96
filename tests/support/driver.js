// A Worker that calls dispatch's Durable Objects for a test: POST /journal/<name>/<method> or /registry/registry/<method>,
// with the arguments as a JSON list. It answers with the result, or with 500 and the error. POST /dead-letter, with bytes, a
// start and an end, sends this part of their buffer as a dead letter. POST /unusual, with a name of `UNUSUAL`, sends
// what JSON cannot express, or only just.
const nested = (depth, inmost) => {
  let value = inmost;
  for (let at = 0; at < depth; at += 1) value = [value];
  return value;
};
const circle = { name: "circle" };
circle.again = circle;

const UNUSUAL = {
  "a deep list": nested(3000, 7),
  "a number without bounds": { id: 12n },
  "a map": new Map([["id", "M 1"]]),
  "a set in a list": [new Set(["S 1"])],
  "not a number": { id: NaN },
  "an expression": { id: /a.b/ },
  "a circle": circle,
  "bytes in an object": { id: Uint8Array.of(0, 255, 16) },
  "a list that is too deep": nested(3000, NaN),
};

export default {
  async fetch(request, env) {
    const [, kind, name, method] = new URL(request.url).pathname.split("/").map(decodeURIComponent);
    if (kind === "dead-letter") return sendPart(env.DEAD, ...(await request.json()));
    if (kind === "unusual") return send(env.DEAD, UNUSUAL[(await request.json())[0]]);
    const object = { journal: env.JOURNAL, registry: env.REGISTRY }[kind].getByName(name);
    try {
      return Response.json((await object[method](...(await request.json()))) ?? null);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};

/** Sends a view of a larger buffer. Only the type `v8` keeps the rest of the buffer. */
const sendPart = (queue, bytes, start, end) =>
  send(queue, Uint8Array.from(bytes).subarray(start, end));

async function send(queue, body) {
  await queue.send(body, { contentType: "v8" });
  return Response.json(null);
}
