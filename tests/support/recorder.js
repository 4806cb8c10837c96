// A queue's consumer as an integrator would write it: it hands on what it gets.
export default {
  async queue(batch, env) {
    const messages = batch.messages.map(({ id, attempts, body }) => ({
      queue: batch.queue,
      id,
      attempts,
      body,
    }));
    await env.INBOX.fetch("http://inbox/", { method: "POST", body: JSON.stringify(messages) });
  },
};
