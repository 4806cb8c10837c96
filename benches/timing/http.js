// The built Worker, timed by the client that posts to it: an attacker's position, except for the network in between.
import { createHmac } from "node:crypto";
import { build } from "../worker/contestants.js";
import { Connection } from "../worker/load.js";
import { SECRET } from "../worker/scenarios.js";
import { launch } from "../worker/workerd.js";
import { generator } from "./random.js";

const BODY = '{"order":{"reference":"ORD-1","new_status":"delivered"}}';
/** Bytes by which the body of the control's second class is longer: known extra work, since the whole body is hashed. */
const MORE = 4096;

/** By class, the wrong byte of the tag, and the bytes to add to the body. */
export const REQUESTS = [
  { name: "hex tag: the same class twice", wrong: [0, 0] },
  { name: "hex tag: first byte wrong, last byte wrong", wrong: [0, 31] },
  {
    name: `control: the same, a body ${MORE} bytes longer`,
    wrong: [0, 0],
    more: [0, MORE],
    isControl: true,
  },
];

/** As `inNode`, with the Worker that was built into a folder. A sample is one request. */
export async function overHttp(folder) {
  const workerd = await launch(build(folder));
  const connection = await Connection.open(workerd.port);
  return {
    measures: (request) => (options) => batch(connection, requests(request), options),
    async stop() {
      connection.close();
      await workerd.stop();
    },
  };
}

const requests = ({ wrong, more = [0, 0] }) =>
  wrong.map((at, of) => request(BODY + " ".repeat(more[of]), at));

function request(body, wrong) {
  const tag = createHmac("sha256", SECRET).update(body).digest();
  tag[wrong] ^= 1;
  return Buffer.from(`POST /hooks/wegocod HTTP/1.1\r
host: hooks.example.com\r
content-type: application/json\r
content-length: ${body.length}\r
x-webhook-signature: ${tag.toString("hex")}\r
\r
${body}`);
}

async function batch(connection, requests, { seed, samples, milliseconds }) {
  const next = generator(seed);
  const times = [];
  const classes = [];
  for (
    const end = performance.now() + milliseconds;
    times.length < samples && performance.now() < end;
  ) {
    const of = next() >>> 31;
    await connection.ready();
    times.push((await connection.send(requests[of], 401)) * 1e6);
    classes.push(of);
  }
  return { times, classes };
}
