// A sender's own definition, with signatures by a private key that the sender names.

export const KEYED = {
  scheme: {
    type: "public-key",
    algorithm: "ed25519",
    key_id: { header: "x-key" },
    signature: { header: "x-signature", encoding: "base64" },
    signs: ["body"],
  },
  order: { id: "/order" },
  status: { word: "/state", words: "orderhook" },
};
