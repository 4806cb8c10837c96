// The tests' accounts at the providers: the sources table, and the values of the secrets that it names.
export const SOURCES = {
  wakilni: { provider: "wakilni", secrets: ["WAKILNI_SECRET"], utc_offset: "+02:00" },
  wegocod: { provider: "wegocod", secrets: ["WEGOCOD_SECRET"] },
  up42: { provider: "up42", secrets: ["UP42_SECRET"], token: "UP42_TOKEN" },
  "up42-bare": { provider: "up42", secrets: ["UP42_SECRET"] },
  gooten: { provider: "gooten", token: "GOOTEN_TOKEN" },
  shop: { provider: "standard-webhooks", secrets: ["SHOP_SECRET"] },
};

export const SECRETS = {
  WAKILNI_SECRET: "wakilni-secret-5b0c1f6e",
  WEGOCOD_SECRET: "wegocod-secret-91d7a3c2",
  UP42_SECRET: "up42-secret-c4e8b750",
  UP42_TOKEN: "up42-token-e0f1b2c3d4a5",
  // Every kind of character that a token may have.
  GOOTEN_TOKEN: "gooten-token-7A_.~",
  SHOP_SECRET: "whsec_c2hvcC1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg==",
};

/** The token that opens the details of `/healthz`. */
export const HEALTH_TOKEN = "health-token-91c0d4e7b2a6";

/** Returns the path for a source's deliveries. */
export function hook(source) {
  const { token } = SOURCES[source];
  return `/hooks/${source}${token ? `/${SECRETS[token]}` : ""}`;
}
