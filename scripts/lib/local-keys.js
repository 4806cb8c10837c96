// Key pairs for local sources whose providers sign with a private key.
import { createPrivateKey, generateKeyPairSync } from "node:crypto";

const KID = "local-key-1";

const KINDS = {
  "rsa-sha256": { type: "rsa", options: { modulusLength: 2048 }, alg: "RS256" },
  "ecdsa-sha256": { type: "ec", options: { namedCurve: "P-256" }, alg: "ES256" },
};

/** Makes a pair: the public key as a JSON Web Key Set, and the private one as a JSON Web Key. */
export function makePair(algorithm = "ecdsa-sha256") {
  const { type, options, alg } = KINDS[algorithm];
  const pair = /** @type {any} */ (generateKeyPairSync(/** @type {any} */ (type), options));
  const written = (key) => ({ ...key.export({ format: "jwk" }), kid: KID, use: "sig", alg });
  return {
    publicSet: JSON.stringify({ keys: [written(pair.publicKey)] }),
    privateKey: JSON.stringify(written(pair.privateKey)),
  };
}

/** Reads a private key of a pair: the `key`, and the id that names it. */
export function readPrivateKey(text) {
  const jwk = JSON.parse(text);
  return { key: createPrivateKey({ key: jwk, format: "jwk" }), kid: jwk.kid };
}
