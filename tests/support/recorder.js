// A queue's consumer as an integrator would write it: it passes on its messages.
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
