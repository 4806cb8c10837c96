// Messages that are not genuine.
const other = (byte) => (byte === 0x31 ? 0x32 : 0x31);
/** Returns a text with another last digit. */
const changed = (text) =>
  text.slice(0, -1) + String.fromCharCode(other(text.charCodeAt(text.length - 1)));
const withHeader = (delivery, name, change) => ({
  ...delivery,
  headers: { ...delivery.headers, [name]: change(delivery.headers[name]) },
});

/** Each makes a message of a genuine one that no verifier may accept. */
export const FORGERIES = {
  "another body": (delivery) => ({
    ...delivery,
    bytes: Buffer.concat([delivery.bytes, Buffer.from(" ")]),
  }),
  "another id": (delivery) => withHeader(delivery, "webhook-id", changed),
  "another time": (delivery) => withHeader(delivery, "webhook-timestamp", changed),
  "an old time": (delivery) => withHeader(delivery, "webhook-timestamp", (at) => `${at - 301}`),
  "another signature": (delivery) =>
    withHeader(delivery, "webhook-signature", (tags) =>
      tags.replaceAll(/v1,(.)/g, (_, digit) => `v1,${digit === "A" ? "B" : "A"}`),
    ),
  "no signature": (delivery) => withHeader(delivery, "webhook-signature", () => ""),
};
