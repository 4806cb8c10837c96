// Signs for the providers whose proof stands in the body, or is made with a private key: the
// package does not play these.
import { createHash, createHmac, sign } from "node:crypto";
import { readPrivateKey } from "../lib/local-keys.js";

/**
 * What signs a provider's delivery: it takes its `url`, its `headers` as pairs and its `body`, and
 * the `secret` or the private `key`. It returns the headers to add, and the body.
 *
 * @type {Record<string, (delivery: any, proof: any) => { headers?: any, body: Buffer }>}
 */
export const SIGNERS = {
  cloudprinter: ({ body }, { secret }) => ({ body: changed(body, { apikey: secret }) }),
  tookan: ({ body }, { secret }) => ({ body: changed(body, { tookan_shared_secret: secret }) }),
  lalamove,
  saleor,
  shipstation,
  ucp,
};

/** Returns a JSON object with other members. */
const changed = (body, members) =>
  Buffer.from(JSON.stringify({ ...JSON.parse(body.toString()), ...members }));

const seconds = () => Math.floor(Date.now() / 1000);

function lalamove({ url, body }, { secret }) {
  const { data } = JSON.parse(body.toString());
  const timestamp = seconds();
  const content = `${timestamp}\r\nPOST\r\n${new URL(url).pathname}\r\n\r\n${JSON.stringify(data)}`;
  const signature = createHmac("sha256", secret).update(content).digest("hex");
  return { body: changed(body, { timestamp, signature }) };
}

/** Signs a detached JWS. */
function saleor({ body }, { key: text }) {
  const { key, kid } = readPrivateKey(text);
  const options = { alg: "RS256", kid, b64: false, crit: ["b64"] };
  const head = Buffer.from(JSON.stringify(options)).toString("base64url");
  const tag = sign("sha256", Buffer.concat([Buffer.from(`${head}.`), body]), key);
  return { headers: { "saleor-signature": `${head}..${tag.toString("base64url")}` }, body };
}

function shipstation({ body }, { key: text }) {
  const { key, kid } = readPrivateKey(text);
  const time = new Date().toISOString();
  const tag = sign("sha256", Buffer.concat([Buffer.from(`${time}.`), body]), key);
  const headers = {
    "x-shipengine-rsa-sha256-key-id": kid,
    "x-shipengine-timestamp": time,
    "x-shipengine-rsa-sha256-signature": tag.toString("base64"),
  };
  return { headers, body };
}

/** The headers that UCP's signature covers, where a delivery has them. */
const COVERED = ["content-digest", "content-type", "ucp-agent", "webhook-id"];

/** Signs an HTTP message, as RFC 9421 says. */
function ucp({ url, headers, body }, { key: text }) {
  const { key, kid } = readPrivateKey(text);
  const { host, pathname } = new URL(url);
  const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
  const all = new Map([...headers, ["content-digest", digest]]);
  const names = COVERED.filter((name) => all.has(name));
  const parts = [
    ...[
      ["@method", "POST"],
      ["@authority", host],
      ["@path", pathname],
    ],
    ...names.map((name) => [name, all.get(name)]),
  ];
  const list = parts.map(([name]) => `"${name}"`).join(" ");
  const params = `(${list});created=${seconds()};keyid="${kid}"`;
  const lines = [...parts, ["@signature-params", params]].map(
    ([name, value]) => `"${name}": ${value}`,
  );
  const tag = sign("sha256", Buffer.from(lines.join("\n")), { key, dsaEncoding: "ieee-p1363" });
  return {
    headers: {
      "content-digest": digest,
      "signature-input": `sig1=${params}`,
      signature: `sig1=:${tag.toString("base64")}:`,
    },
    body,
  };
}
