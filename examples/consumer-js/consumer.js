// Takes order events off the queue, and keeps each in a table of a D1 database.

export default {
  /** Keeps each message's event, and then acknowledges the message. Unacknowledged messages are redelivered. */
  async queue(batch, env) {
    for (const message of batch.messages) {
      try {
        await keep(message.body, env);
        message.ack();
      } catch (error) {
        console.error(`${message.id}: ${error.message}`);
        message.retry({ delaySeconds: 60 });
      }
    }
  },
};

/** Keeps an event. An event that is already there stays as it is. */
async function keep(event, env) {
  const { source, id, data } = event;
  const payload = data.payload_ref ? await kept(data.payload_ref, env) : null;
  await env.DB.prepare("INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT (source, id) DO NOTHING")
    .bind(source, id, JSON.stringify(event), payload)
    .run();
}

/** Returns the body of a large event. KV can take a minute to show it everywhere. */
async function kept(key, env) {
  const bytes = await env.SEEN.get(key, "arrayBuffer");
  if (bytes === null) throw new Error("the payload is not in KV, or not yet");
  return bytes;
}
