// Prints the results of the package's bench as Markdown.

export const grouped = (number) => Math.round(number).toLocaleString("en");

export const table = (head, rows) => {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    `|${head.map((_, at) => (at ? "---:|" : "---|")).join("")}`,
    ...rows.map(line),
  ].join("\n");
};

const unique = (list) => [...new Set(list)];

function verifyTable(results, group) {
  const rows = results.filter((one) => one.group === group);
  const cell = (name, label) => {
    const { ratio, ns } = rows.find((one) => one.name === name && one.label === label);
    return name === "orderhook" ? `${grouped(ns)} ns` : `${ratio.toFixed(2)} · ${grouped(ns)} ns`;
  };
  const mark = (name) => (rows.find((one) => one.name === name).parses ? `${name} †` : name);
  const labels = unique(rows.map(({ label }) => label));
  const names = unique(rows.map(({ name }) => name));
  return table(
    ["", ...labels],
    names.map((name) => [mark(name), ...labels.map((label) => cell(name, label))]),
  );
}

const receiveTable = (received) =>
  table(
    ["", "bytes", "orderhook", "orderhook, again", "plain JavaScript"],
    received.map(({ provider, bytes, ns, again, plain, plainNs }) => [
      provider,
      grouped(bytes),
      `${grouped(ns)} ns`,
      again.toFixed(2),
      `${plain.toFixed(2)} · ${grouped(plainNs)} ns`,
    ]),
  );

const sizeTable = ({ wasm, gzip, tarball, unpacked, nothing, again, verified }) =>
  table(
    ["", ""],
    [
      ["the module", `${grouped(wasm)} bytes`],
      ["the module with gzip -9", `${grouped(gzip)} bytes`],
      ["the packed package", `${grouped(tarball)} bytes`],
      ["the installed package", `${grouped(unpacked)} bytes`],
      ["a Node process that imports nothing", `${nothing.toFixed(1)} ms`],
      ["another one against it", `${again.toFixed(1)} ms`],
      [
        "one that imports the package and verifies a delivery, against it",
        `${verified.toFixed(1)} ms`,
      ],
    ],
  );

/** Compares this run with the package's aims. */
function aims(results, received, had) {
  const at = (label) =>
    results.filter((one) => one.label === label && !one.name.startsWith("orderhook"));
  const slower = (peers) =>
    peers.filter(({ ratio }) => ratio < 1).map(({ name, ratio }) => `${name} ${ratio.toFixed(2)}`);
  const of = (name) => at("1 KB").find((one) => one.name === name).ratio;
  const list = (found) => ({ met: found.length === 0, found: found.join(", ") });
  const least = (found, bound) => ({ met: found >= bound, found: found.toFixed(2) });
  const most = (found, bound) => ({ met: found <= bound, found: grouped(found) });
  return Object.entries({
    "verify faster than every peer at 0.5 KB": list(slower(at("0.5 KB"))),
    "verify faster than every peer at 1 KB": list(slower(at("1 KB"))),
    "verify faster than all but native code at 2 KB": list(
      slower(at("2 KB").filter(({ native }) => !native)),
    ),
    "8 times standardwebhooks at 1 KB": least(of("standardwebhooks"), 8),
    "15 times WebCrypto at 1 KB": least(of("WebCrypto"), 15),
    "receive as fast as plain JavaScript": list(
      received
        .filter(({ plain }) => plain < 1)
        .map(({ provider, plain }) => `${provider} ${plain.toFixed(2)}`),
    ),
    "60,000 bytes with gzip -9": most(had.gzip, 60_000),
    "270,000 bytes packed": most(had.tarball, 270_000),
    "15 ms to import and verify": { met: had.verified <= 15, found: had.verified.toFixed(1) },
  });
}

export function aimsText(all) {
  const missed = all.filter(([, { met }]) => !met);
  if (missed.length === 0) return `All ${all.length} aims are met in this run.`;
  const lines = missed.map(([aim, { found }]) => `- ${aim}: ${found}`);
  return [`Aims that this run misses, of ${all.length}:`, "", ...lines].join("\n");
}

const hows = (peers) =>
  peers.map(({ name, how, parses }) => `- ${name}${parses ? " †" : ""}: ${how}.`).join("\n");

/** `machine` is a list, `peers` are the contestants, `bodies` the number of each size; the rest is results. */
export function report({ machine, peers, bodies, results, received, had }) {
  return `${machine}

A figure with a ratio is a peer's: how many times as long as orderhook it took, and the nanoseconds of a call. Each is the median
of rounds; in a round every peer and orderhook take a slice of 3 ms, in an order that changes, and the ratio is that of two slices
of one round. "orderhook, again" is the same code measured twice: as far as it is from 1.00, so little do others mean. A call
that pays for collecting garbage now and then is not in a median: that favours those who make much of it.

### Verify: a tag over the body

Ours is \`wegocod\`: HMAC-SHA256 in hex.

${verifyTable(results, "hex")}

### Verify: a tag over the time and the body

Ours is \`standard-webhooks\`: HMAC-SHA256 in base64 over an id, the time and the body, and not older than five minutes.

${verifyTable(results, "standard")}

† also parses the body, which cannot be switched off.

Bodies are JSON in ASCII, ${bodies} different ones of each size. They are given as a server of Node's received them: the bytes,
and the ten headers that usually come along beside those that sign. Before and after a peer is measured it must take them all,
and refuse the tag of another body and a body that was changed. What is called:

- orderhook: a \`Verifier\` once, \`verify\`.
${hows(peers)}

A promise is awaited before the next call, as it is for one delivery.

### Receive: verify, and make the event

Plain JavaScript (\`benches/peers/plain/\`) makes the same event on \`node:crypto\` and \`JSON.parse\`; before it is measured the
two are compared value by value. Its numbers keep their digits: where \`JSON.parse\` would lose any, it reads them from the
source. It leaves out what these deliveries do not need: the event of a delivery that is not understood or not UTF-8, several
secrets, headers and bodies that are not Node's, a key that stands twice in an object, half of a surrogate pair, UP42's other
forms of a digest, years before 100; and a token of another length is refused sooner than one of the same.

${receiveTable(received)}

### Size and start

${had.launches} launches of each, in turn; the median difference.

${sizeTable(had)}

${aimsText(aims(results, received, had))}`;
}
