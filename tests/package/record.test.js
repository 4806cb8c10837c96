// The package's API and the schema of events are as they are recorded: a change of either is made
// on purpose.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { difference, records } from "../../scripts/api.js";
import { declarationsIn } from "../../scripts/lib/declarations.js";

const made = await records();

for (const [file, text] of made)
  test(`${file} is the record`, () => {
    const recorded = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    const found = difference(file, recorded, text);
    assert.equal(found, "", `\n${found}`);
  });

test("the record has every declaration of the types", () => {
  const types = readFileSync(new URL("../../pkg/index.d.ts", import.meta.url), "utf8");
  const declared = [
    ...types.matchAll(/^export (?:class|function|interface|type) (?:const )?(\w+)/gm),
  ];
  const facts = made.get("pkg/api.txt");
  assert.ok(declared.length > 40);
  for (const [, name] of declared) assert.match(facts, new RegExp(`\\b${name}\\b`), name);
});

describe("a declaration", () => {
  for (const [what, declared, facts] of [
    ["of a union", 'export type A =\n  | "a" // one\n  | "b";', ['A = "a"', 'A = "b"']],
    [
      "with members and a comment",
      "export interface A extends B {\n  /** C; d. */\n  c?: string;\n  d: { e: F<G, H>; i: J[] };\n}",
      ["export interface A extends B", "A.c?: string", "A.d.e: F<G, H>", "A.d.i: J[]"],
    ],
    [
      "with a type's parameter",
      "export class A<const P extends B = C> { constructor(a: P); b(c: P): D; }",
      ["export class A<const P extends B = C>", "A.constructor(a: P)", "A.b(c: P): D"],
    ],
    [
      "of a type that depends",
      "export type A<P = B> = P extends C ? D | E : F;",
      ["export type A<P = B> = P extends C ? D | E : F"],
    ],
    [
      "of a function over several lines",
      "export function a(\n  b: C & { d: E },\n): F;",
      ["export function a(b: C & { d: E }): F"],
    ],
  ])
    test(what, () => assert.deepEqual(declarationsIn(declared), facts));
});

test("what is removed is named, and how to record it", () => {
  const found = difference("pkg/api.txt", "a: 1\nb: 2\n", "a: 1\nb: 3\nc: 4\n");
  assert.match(found, /^Removed or changed since pkg\/api\.txt was recorded:\n {2}- b: 2\nNot in/);
  assert.match(found, /\n {2}\+ b: 3\n {2}\+ c: 4\n.*npm run api/);
  assert.equal(difference("pkg/api.txt", "a\n", "a\n"), "");
});
