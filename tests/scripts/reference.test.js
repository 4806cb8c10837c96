// The schema of definitions: it takes every definition that there is, refuses broken ones, and the reference says what it says.
// The reference of events, which is made of their schema.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import Ajv from "ajv/dist/2020.js";
import { parse } from "smol-toml";
import { eventReference } from "../../scripts/event-reference.js";
import { SCHEMA, parts, reference } from "../../scripts/reference.js";
import { inRoot } from "../../scripts/setup.js";

// Without `strictTypes` and `strictRequired`: a condition does not repeat what stands beside it.
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
const isDefinition = ajv.compile(SCHEMA);

const read = (path) => readFileSync(inRoot(path), "utf8");

/** A definition that is right, for a change. */
const right = () => ({
  page: "https://acme.example/docs",
  scheme: {
    type: "hmac",
    signature: { header: "x-signature", encoding: "hex" },
    signs: ["body"],
  },
  event: { id: "/id", time: "/at" },
  order: { at: "/order", id: "number" },
  status: { word: "/status", words: { shipped: ["Sent"], delivered: ["Done"] } },
});

function errorsOf(definition) {
  if (isDefinition(definition)) return [];
  return isDefinition.errors.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

test("every definition is right by the schema", () => {
  const files = readdirSync(inRoot("providers"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `providers/${name}/provider.toml`);
  assert.ok(files.length > 10);
  for (const file of files) assert.deepEqual(errorsOf(parse(read(file))), [], file);
});

test("an editor finds the schema from each provider's definition", () => {
  for (const { name } of readdirSync(inRoot("providers"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  ))
    assert.match(read(`providers/${name}/provider.toml`), /^#:schema \.\.\/schema\.json\n/, name);
});

const SIGNATURE = right().scheme.signature;
const BROKEN = {
  "no scheme": { scheme: undefined },
  "no order": { order: undefined },
  "no status": { status: undefined },
  "an unknown table": { orders: {} },
  "an unknown key": { order: { id: "/id", number: "/n" } },
  "a number for a place": { order: { id: 7 } },
  "dots in a place": { order: { id: "order.id" } },
  "an empty segment": { order: { id: "/a//b" } },
  "9 segments": { order: { id: "/1/2/3/4/5/6/7/8/9" } },
  "a tilde alone": { order: { id: "/a~2" } },
  "5 candidates": { order: { id: ["/a", "/b", "/c", "/d", "/e"] } },
  "an index in `at`": { order: { at: "/a/0", id: "id" } },
  "two forms of a value": { order: { id: { header: "x-id", query: "id" } } },
  "a header in upper case": { order: { id: { header: "X-Id" } } },
  "a join without `with`": { order: { id: { join: ["/a", "/b"] } } },
  "a join of one": { order: { id: { join: ["/a"], with: " " } } },
  "a cut without marks": { order: { id: { of: "/a" } } },
  "a hash for an order": { order: { id: { hash: "body" } } },
  "an element without `take`": { order: { id: { in: "/a", pick: "last" } } },
  "`latest` without `by`": { order: { id: { in: "/a", pick: "latest", take: "b" } } },
  "a key with `by`": { order: { id: { in: "/a", pick: { t: "x" }, by: "c", take: "b" } } },
  "`slowest` for an order": { order: { id: { in: "/a", pick: "slowest", take: "b" } } },
  "three levels": { event: { each: ["/a", "b", "c"] } },
  "a zone by its name": { event: { zone: "IST" } },
  "a flag with `of` alone": { event: { test: { of: "/mode" } } },
  "a flag with both": { event: { test: { of: "/mode", is: "a", starts: "b" } } },
  "money without an amount": { total: { currency: "/c" } },
  "minor units without a currency": { total: { amount: "/a", minor: true } },
  "lines without a list": { items: { sku: "sku" } },
  "no word": { status: { words: { shipped: ["Sent"] } } },
  "an unknown status": { status: { word: "/s", words: { prepared: ["x"] } } },
  "a number for a word": { status: { word: "/s", words: { packed: [6] } } },
  "words that are not ours": { status: { word: "/s", words: "ours" } },
  "a pair whose separator does not count": {
    status: { word: { join: ["/a", "/b"], with: " " }, words: "orderhook" },
  },
  "an unknown reason": { status: { word: "/s", words: "orderhook", reasons: { rain: ["x"] } } },
  "5 look-ups": { status: Array(5).fill({ word: "/s", words: "orderhook" }) },
  "no scheme of that type": { scheme: { type: "none" } },
  "keys in the definition": { scheme: { ...right().scheme, keys: ["k"] } },
  "another hash": { scheme: { ...right().scheme, hash: "md5" } },
  "one encoding twice": {
    scheme: { ...right().scheme, signature: { ...SIGNATURE, encoding: ["hex", "hex"] } },
  },
  "a signature in two places": {
    scheme: { ...right().scheme, signature: { ...SIGNATURE, field: "/signature" } },
  },
  "a secret in an HMAC": { scheme: { ...right().scheme, signs: ["body", "secret"] } },
  "a digest without a secret": { scheme: { ...right().scheme, type: "digest" } },
  "a digest by SHA-1": {
    scheme: { ...right().scheme, type: "digest", hash: "sha1", signs: ["body", "secret"] },
  },
  "a public key without an algorithm": { scheme: { ...right().scheme, type: "public-key" } },
  "a JWS over parts": {
    scheme: {
      type: "public-key",
      algorithm: "ed25519",
      signature: { header: "x-jws", form: "jws" },
      signs: ["body"],
    },
  },
  "an HTTP signature without the body": {
    scheme: { type: "http-signature", covers: ["@method", "@path"] },
  },
  "an HTTP signature over an answer": {
    scheme: { type: "http-signature", covers: ["content-digest", "@status"] },
  },
  "a token without a place": { scheme: { type: "token", token: {} } },
  "a token in a field with a prefix": {
    scheme: { type: "token", token: { field: "/key", prefix: "Bearer " } },
  },
  "a form of time that is not known": {
    scheme: {
      ...right().scheme,
      signs: ["time", { text: "." }, "body"],
      age: { header: "x-time", form: "iso", within: 300 },
    },
  },
  "a list without a prefix": {
    scheme: { ...right().scheme, signature: { ...SIGNATURE, list: " " } },
  },
  "pairs with a prefix": {
    scheme: { ...right().scheme, signature: { ...SIGNATURE, pair: "v1", prefix: "a" } },
  },
  "no body among the signed": { scheme: { ...right().scheme, signs: [{ text: "." }] } },
  "an unknown part": { scheme: { ...right().scheme, signs: [".", "body"] } },
  "a signed time without an age": {
    scheme: { ...right().scheme, signs: ["time", { text: "." }, "body"] },
  },
  "an age that is not signed": {
    scheme: { ...right().scheme, age: { header: "x-time", within: 300 } },
  },
  "a long tolerance": {
    scheme: {
      ...right().scheme,
      signs: ["time", { text: "." }, "body"],
      age: { header: "x-time", within: 900 },
    },
  },
  "a signature of a URL token": { scheme: { type: "url-token", signature: SIGNATURE } },
  "several schemes without names": { scheme: [{ type: "url-token" }, right().scheme] },
  "an error as the answer": { answer: { status: 404 } },
  "a long wait": { answer: { within: 61 } },
  "a body that is not ASCII": { answer: { body: "é" } },
  "a handshake with both": { handshake: [{ echo: "a", body: "empty" }] },
  "a handshake with a blank": { handshake: [{ echo: "a b" }] },
  "an echo with a status": { handshake: [{ echo: "a", status: 200 }] },
  "a handshake within a body": { handshake: [{ body: { "/a/b": "x" } }] },
  "a name in upper case": { name: "Acme" },
  "a page without an address": { page: "acme.example" },
};

test("a broken definition is wrong by the schema", () => {
  assert.deepEqual(errorsOf(right()), []);
  for (const [title, change] of Object.entries(BROKEN)) {
    const definition = JSON.parse(JSON.stringify({ ...right(), ...change }));
    assert.notDeepEqual(errorsOf(definition), [], title);
  }
});

/** Calls `take` with each property of each table of the schema, and with the way to it. */
function eachProperty(schema, way, take) {
  if (schema === null || typeof schema !== "object") return;
  for (const [key, inner] of Object.entries(schema)) {
    const here = `${way}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    // Conditions, not descriptions.
    if (["if", "then", "else", "dependentSchemas", "allOf"].includes(key)) continue;
    if (key === "properties")
      for (const [name, property] of Object.entries(inner)) take(name, property, `${here}/${name}`);
    eachProperty(inner, here, take);
  }
}

test("every key has a description, with an example that is right", () => {
  let count = 0;
  ajv.addSchema(SCHEMA, "definition");
  eachProperty(SCHEMA, "definition#", (name, { description }, way) => {
    const value = parse(parts(description).example)[name];
    assert.notEqual(value, undefined, way);
    const isRight = ajv.compile({ $ref: way });
    assert.ok(isRight(value), `${way}: ${JSON.stringify(isRight.errors)}`);
    count += 1;
  });
  assert.ok(count > 100);
});

test("every table is closed", () => {
  for (const [name, schema] of Object.entries(SCHEMA.$defs))
    if (schema.properties) assert.equal(schema.additionalProperties, false, name);
  assert.equal(SCHEMA.additionalProperties, false);
});

test("the statuses and reasons are the core's", () => {
  const named = (text) => [...text.matchAll(/"(\w+)"/g)].map(([, name]) => name);
  const words = (path) => named(read(path).match(/fn as_str[\s\S]*?\n {4}\}\n/)[0]);
  const meanings = Object.keys(SCHEMA.$defs.words.properties);
  assert.deepEqual(meanings, [...words("src/core/event/status.rs"), "ignored", "next"]);
  assert.deepEqual(SCHEMA.$defs.reasons.propertyNames.enum, words("src/core/event/reason.rs"));
});

test("docs/definitions.md is what the schema says", () => {
  assert.equal(read("docs/definitions.md"), reference(), "run node scripts/reference.js");
});

test("docs/event.md is what the schema of events says", () => {
  assert.equal(read("docs/event.md"), eventReference(), "run node scripts/event-reference.js");
});

test("a word of an event that the page does not describe is named", () => {
  const schema = JSON.parse(read("pkg/event.schema.json"));
  schema.$defs.status.enum.push("melted");
  assert.throws(() => eventReference(schema), /event-words\.js lacks melted, and has nothing that/);
});
