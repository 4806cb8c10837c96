// docs/openapi.yaml against itself and against what the project says in other places.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { DOCUMENT, OPERATIONS, resolved, schemaAt } from "../support/openapi.js";
import { SCHEMA, assertEvent } from "../support/schema.js";

const { schemas, examples } = DOCUMENT.components;
/** Schemas of which a caller may give a part, and that of events whose members differ by their type. */
const PARTIAL = [
  ...["ErasureRequest", "EndpointRequest", "EndpointChange", "TestRequest", "ReplayRequest"],
  ...["Filter", "OperationalEvent"],
];

const codesOf = (text) => [...text.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code);

/** Calls `visit` with each object in a value, and its place. */
function walk(value, visit, place = []) {
  if (value === null || typeof value !== "object") return;
  visit(value, place);
  for (const [key, part] of Object.entries(value)) walk(part, visit, [...place, key]);
}

describe("the examples", () => {
  for (const { method, template, is } of OPERATIONS) {
    const key = method.toLowerCase();
    const bodies = [
      ...Object.entries(is.responses).map(([status, response]) => [
        `answer ${status}`,
        response.$ref
          ? response.$ref.slice(2).split("/")
          : ["paths", template, key, "responses", status],
        resolved(response),
      ]),
      ["request", ["paths", template, key, "requestBody"], is.requestBody],
    ];
    for (const [what, place, { content = {} } = {}] of bodies) {
      for (const [type, { example, examples: some = {} }] of Object.entries(content)) {
        const values = [example, ...Object.values(some).map((one) => resolved(one).value)];
        const given = values.filter((value) => value !== undefined);
        test(`${method} ${template}: ${what} as ${type}`, () => {
          assert.ok(given.length > 0, "there is an example");
          const validate = schemaAt(...place, "content", type, "schema");
          for (const value of given)
            assert.ok(validate(value), JSON.stringify(validate.errors, null, 2));
        });
      }
    }
  }

  test("of a path's parameters", () => {
    for (const { parameters, template } of OPERATIONS) {
      for (const { in: where, name, example, required } of parameters) {
        if (where !== "path") continue;
        assert.ok(required && example, `${template} ${name}`);
      }
    }
  });

  test("of an event, by the event's own schema", () => assertEvent(examples.event.value.event));

  test("of an export: a line is an order, and CSV has its columns", () => {
    const { content } = DOCUMENT.paths["/v1/export"].get.responses["200"];
    const line = JSON.parse(content["application/x-ndjson"].example);
    const validate = schemaAt("components", "schemas", "Order");
    assert.ok(validate(line), JSON.stringify(validate.errors));
    const [head, row] = content["text/csv"].example.split("\r\n").map((text) => text.split(","));
    assert.equal(head.length, row.length);
    assert.deepEqual([...head].sort(), Object.keys(schemas.Order.properties).sort());
    assert.ok(DOCUMENT.paths["/v1/export"].get.description.includes(`\`${head.join(",")}\``));
  });
});

describe("the document", () => {
  test("every object that we write has no other members, and needs all of its own", () => {
    const written = Object.entries(schemas).filter(
      ([name, { type }]) => type === "object" && name !== "Event",
    );
    assert.ok(written.length > 15);
    for (const [name, schema] of written) {
      walk(schema, (part, place) => {
        if (part.type !== "object" || part.properties === undefined) return;
        const where = [name, ...place].join("/");
        assert.equal(part.additionalProperties, false, where);
        if (PARTIAL.includes(name)) return;
        assert.deepEqual([...part.required].sort(), Object.keys(part.properties).sort(), where);
      });
    }
  });

  test("every parameter has bounds", () => {
    for (const { template, parameters } of OPERATIONS) {
      for (const { name, schema } of parameters) {
        const where = `${template} ${name}`;
        const { type, enum: values, pattern, maxLength, minimum, maximum } = resolved(schema);
        if (type === "integer") assert.ok(minimum >= 0 && maximum > minimum, where);
        else
          assert.ok(
            type === "boolean" || values || maxLength || /\{1?,?\d*,?\d+\}\$$/.test(pattern),
            where,
          );
      }
    }
  });

  test("a change is refused to a token that may only read, and a reading is not, but for a page's Origin", () => {
    for (const { method, template, is } of OPERATIONS) {
      const isRefused = method !== "GET" || template === "/v1/stream";
      assert.equal("403" in is.responses, isRefused, `${method} ${template}`);
    }
  });

  test("each operation answers 400, 401, 500 and 503", () => {
    for (const { method, template, is } of OPERATIONS)
      for (const status of ["400", "401", "500", "503"])
        assert.ok(status in is.responses, `${method} ${template} ${status}`);
  });

  test("the table of problems has every code, with its status", () => {
    const rows = [...DOCUMENT.info.description.matchAll(/^\| (\d+) \| `(\w+)` \| (.+) \|$/gm)];
    assert.deepEqual(
      rows.map(([, , code]) => code),
      schemas.Problem.properties.code.enum,
    );
    const status = Object.fromEntries(rows.map(([, status, code]) => [code, Number(status)]));
    for (const { content, description } of Object.values(DOCUMENT.components.responses)) {
      const { example } = content["application/problem+json"];
      assert.equal(status[example.code], example.status, example.code);
      const named = codesOf(description).filter((code) => code in status);
      assert.ok(named.length > 0, description);
      for (const code of named) assert.equal(status[code], example.status, code);
    }
  });

  test("its statuses, phases and types are those of events", () => {
    assert.deepEqual(schemas.Status.enum, SCHEMA.$defs.status.enum);
    assert.deepEqual(schemas.Phase.enum, SCHEMA.$defs.change.properties.phase.enum);
    const operational = /^orderhook\.operational\./;
    assert.deepEqual(
      schemas.EventType.enum.filter((type) => !operational.test(type)),
      SCHEMA.properties.type.enum,
    );
    assert.deepEqual(schemas.TimeSource.enum, SCHEMA.$defs.delivery.properties.time_source.enum);
    assert.deepEqual(schemas.EventId.maxLength, SCHEMA.properties.id.maxLength);
  });

  test("its version is the project's", () => {
    const cargo = readFileSync(new URL("../../Cargo.toml", import.meta.url), "utf8");
    assert.equal(DOCUMENT.info.version, cargo.match(/^version = "(.+)"$/m)[1]);
  });

  test("every reference names something, and everything is used", () => {
    const used = new Set();
    walk(DOCUMENT, ({ $ref }) => {
      if ($ref === undefined) return;
      assert.ok(resolved({ $ref }), $ref);
      used.add($ref);
    });
    for (const [kind, named] of Object.entries(DOCUMENT.components))
      for (const name of Object.keys(named))
        if (kind !== "securitySchemes")
          assert.ok(used.has(`#/components/${kind}/${name}`), `${kind}/${name}`);
  });
});

describe("the pages", () => {
  const text = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const [dispatch, operations] = [text("docs/dispatch.md"), text("docs/operations.md")];

  test("docs/dispatch.md lists every operation", () => {
    const listed = [...dispatch.matchAll(/^\| `([A-Z]+ \/v1\/\S+)` \|/gm)].map(([, name]) => name);
    const all = OPERATIONS.map(({ method, template }) => `${method} ${template}`);
    assert.deepEqual([...listed].sort(), all.sort());
  });

  test("docs/dispatch.md has the variables of wrangler.toml, with their values", () => {
    const [, vars] = text("src/dispatch/wrangler.toml").match(/^\[vars\]\n(.*?)^\[/ms);
    const given = [...vars.matchAll(/^(\w+) = (\w+)$/gm)].map(([, name, value]) => [name, value]);
    const rows = dispatch.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm);
    assert.deepEqual(
      [...rows].map(([, name, value]) => [name, value]),
      given,
    );
  });

  test("docs/operations.md has no code that the document has not", () => {
    const [, section] = operations.match(/^Of the API.*?\n(.*?)^Of the log/ms);
    const named = section
      .split("\n")
      .filter((row) => row.startsWith("| `"))
      .flatMap((row) => codesOf(row.split("|")[1]));
    assert.ok(named.length > 5);
    for (const code of named) assert.ok(schemas.Problem.properties.code.enum.includes(code), code);
  });
});
