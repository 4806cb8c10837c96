// Makes the seeds from the shared corpus: one file for each target and case, in the form that the target reads. `npm run fuzz`
// makes them for each run.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue, names, PROVIDERS as FOLDERS, samples } from "../scripts/lib/catalogue.js";
import { corpus } from "../tests/support/corpus.js";

/** The providers by their numbers: `PROVIDERS` in `lib/oracles/rule.rs`, then the others. */
const RULED = ["gooten", "standard-webhooks", "up42", "wakilni", "wegocod"];
const NAMES = names();
const PROVIDERS = [...RULED, ...NAMES.filter((name) => !RULED.includes(name))];
/** The number of no definition of the catalogue: the input's own text stands alone. */
const ALONE = 255;

/** The place of a provider's tag, and its form: the text that a mark replaces. */
const TAG = /^(?:[0-9a-f]{64}|(.*?)[A-Za-z0-9+/]{43}=(.*))$/;

/** Writes the seeds into one folder a target. */
export async function writeSeeds(folder) {
  const write = (target, name, ...parts) => {
    mkdirSync(join(folder, target), { recursive: true });
    writeFileSync(
      join(folder, target, name),
      Buffer.concat(parts.map((part) => Buffer.from(part))),
    );
  };
  for (const [index, one] of corpus.entries()) {
    const name = String(index).padStart(4, "0");
    const body =
      one.body === undefined ? Buffer.from(one.body_base64, "base64") : Buffer.from(one.body);
    if (body.length > MAX_BYTES) continue;
    const raw = request(one, one.headers, body);
    const marked = request(one, one.headers.map(mark), body);
    const provider = PROVIDERS.indexOf(one.provider);
    const zone = one.utc_offset ? 2 : 0;
    write("json", name, body);
    write("provider", name, [provider, zone], raw);
    write("definition", name, [NAMES.indexOf(one.provider), zone], withDefinition("{}", one, body));
    if (provider < RULED.length) {
      write("intake", name, [provider, 0], settings(one), UNCHANGED, marked);
      write("explain", name, [provider, index % 32], settings(one), UNCHANGED, marked);
    }
    if (one.provider === "up42") write("header_list", name, settings(one), UNCHANGED, marked);
    for (const text of moments(one.body)) {
      write("instant", `${name}-${text.length}`, u64(one.now), `${one.utc_offset ?? ""}\n${text}`);
    }
  }
  for (const provider of NAMES)
    for (const sample of (await samples(provider)).deliveries) {
      const name = `${provider}-${sample.name}`;
      const raw = request(sample, sample.headers, sample.body);
      write("provider", name, [PROVIDERS.indexOf(provider), 0], raw);
      const changed = withDefinition("{}", sample, sample.body);
      write("definition", name, [NAMES.indexOf(provider), 0], changed);
    }
  for (const [name, definition, one, body] of declared())
    write("definition", name, [ALONE, 0], withDefinition(definition, one, body));
  SCHEMES.forEach((headers, index) => {
    const parts = [
      [index, 0, 1],
      u64(NOW),
      [0, 0, 0],
      `https://h/hooks/a\nx-id: msg_1\n${headers}\n\n{"a":1}`,
    ];
    write("scheme", `layout-${index}`, ...parts);
  });
  // Their inputs are decoded from bytes that no case of the corpus has.
  for (const target of ["fields", "proof"])
    for (let seed = 0; seed < 64; seed += 1) write(target, `any-${seed}`, anyBytes(seed));
}

/** The deliveries of the cases of `providers`, each with its definition as JSON. */
function* declared() {
  for (const { name, json } of catalogue()) {
    const file = join(FOLDERS, name, "cases.json");
    if (existsSync(file)) yield* cases(name, json, readFileSync(file, "utf8"));
  }
}

function* cases(name, definition, text) {
  for (const [index, one] of JSON.parse(text).cases.entries()) {
    const body = one.body_text ?? JSON.stringify(one.body ?? {});
    yield [`${name}-${index}`, definition, one, Buffer.from(body)];
  }
}

/** Returns a delivery with a definition where its URL is else. */
const withDefinition = (definition, { headers = [] }, body) =>
  request({ url: definition }, headers, body);

// Larger bodies are reached by stretching.
const MAX_BYTES = 8192;
const NOW = 1_731_587_954_120;

/** One header with its tag, for each of the schemes of `lib/targets/scheme.rs`. */
const SCHEMES = [
  "x-tag: \u0001",
  "x-tag: \u0002",
  "x-tag: sha256=\u0001",
  "x-tag: HMAC-SHA256 \u0001\nx-at: \u0005",
  "x-tag: t=\u0005,v1=\u0001,v0=1",
  "x-tag: t=\u0005,v1=\u0003, v1=\u0002",
  "x-tag: s=\u0001\nx-at: \u0005",
  "x-tag: v1,\u0002 v1,\u0001, v2,a\nx-at: \u0005",
  "x-tag: v1=\u0004 v1=\u0001",
  "x-tag: v1=\u0001",
];

// The changed byte's place, its bits, and the number of repetitions.
const UNCHANGED = [0, 0, 0, 0];

/** Two keys, how many of them, the token, the zone and the clock, as `account.rs` reads them. */
function settings({ secrets, token_matched: token, utc_offset: zone, now }) {
  const shape = secrets.length + (token === undefined ? 0 : 252);
  return [0, 1, shape, token ? 1 : 0, zone ? 2 : 0, ...u64(now)];
}

/** Returns up to 512 bytes, the same for a seed in every run. */
function anyBytes(seed) {
  const hash = (part) => createHash("sha256").update(`${seed}/${part}`).digest();
  return Buffer.concat(Array.from({ length: 1 + (seed % 16) }, (_, part) => hash(part)));
}

function u64(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(number));
  return bytes;
}

function mark([name, value]) {
  if (!/signature$/i.test(name)) return [name, value];
  const marked = (_tag, before = "", after = "") => `${before}\u0001${after}`;
  return [
    name,
    value
      .split(" ")
      .map((entry) => entry.replace(TAG, marked))
      .join(" "),
  ];
}

function request({ url = "" }, headers, body) {
  const head = [url, ...headers.map(([name, value]) => `${name}: ${value}`)].join("\n");
  return Buffer.concat([Buffer.from(`${head}\n\n`), body]);
}

function moments(body = "") {
  return [...body.matchAll(/"(\d{4}-\d\d-\d\d[T ][^"]*)"/g)].map(([, text]) => text);
}
