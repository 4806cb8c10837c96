// GitHub's library. `exports` gives its build on `node:crypto` to Node and to tools without a condition, and the one on WebCrypto
// to `browser`. The files are named here, since Node gets only the first by the package's name. Both take the body as text.
import { verify } from "./node_modules/@octokit/webhooks-methods/dist-node/index.js";
import { verify as verifyOnWeb } from "./node_modules/@octokit/webhooks-methods/dist-web/index.js";
import { SECRET } from "./deliveries.js";

const TAG = "x-hub-signature-256";

export const octokit = [
  {
    name: "@octokit/webhooks-methods",
    scheme: "github",
    native: true,
    how: "`verify` of its build for Node; the body's bytes are decoded first, since it takes text",
    call: ({ headers, body }) => verify(SECRET, body.toString(), headers[TAG]),
    refuses: "false",
  },
  {
    name: "@octokit/webhooks-methods, web",
    scheme: "github",
    native: true,
    how: "the same of its build for browsers, on `crypto.subtle`",
    call: ({ headers, body }) => verifyOnWeb(SECRET, body.toString(), headers[TAG]),
    refuses: "false",
  },
];
