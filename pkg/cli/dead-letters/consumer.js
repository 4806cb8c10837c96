// A Worker that runs on this machine alone, in the keeper: removes each dead letter from its queue, and passes it on to be kept.
export default {
  async queue({ messages }, env) {
    const letters = messages.map(({ id, timestamp, attempts, body }) => ({
      ...{ id, timestamp_ms: timestamp.getTime(), attempts },
      ...content(body),
    }));
    const { ok } = await env.KEEP.fetch("http://keep/", {
      method: "POST",
      body: JSON.stringify(letters),
    });
    if (!ok) throw new Error("the dead letters could not be kept");
  },
};

/** Returns the content type that a body was sent as, and its text: empty for a body that the API does not take. */
function content(body) {
  if (isJson(body)) return { type: "json", text: JSON.stringify(body) };
  return { type: body instanceof ArrayBuffer ? "bytes" : "v8", text: "" };
}

function isJson(body) {
  if (typeof body !== "object" || body === null) return body !== undefined;
  return [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(body));
}
