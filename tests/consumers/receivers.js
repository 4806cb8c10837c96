// The libraries that receive what dispatch posts.
import standardWebhooks from "standardwebhooks";

export { HTTP } from "cloudevents";
export { Webhook as SvixWebhook } from "svix";
export const { Webhook } = standardWebhooks;
