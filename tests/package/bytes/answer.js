// The answer of each server of this folder: the event's id and its proof, or the code of the refusal.
import { WebhookError } from "orderhook";

const ACCOUNTS = {
  "standard-webhooks": {
    provider: "standard-webhooks",
    secrets: "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=",
  },
  up42: { provider: "up42", secrets: "s3cret" },
};

/** Returns the account of the provider that the URL's path names. */
export const accountOf = (url) => ACCOUNTS[url.split("/").at(-1)];

export async function answer(receive) {
  try {
    const { id, data } = await receive();
    return JSON.stringify({ id, authenticity: data.authenticity });
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    return JSON.stringify({ code: error.code });
  }
}
