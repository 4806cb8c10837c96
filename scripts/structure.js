// `npm run structure`: how the Rust sources depend on each other. Lists circles between files, and how long
// the functions are. Tests do not count.
//
//   npm run structure               lists both
//   npm run structure -- --check    lists the circles, and fails if there is one
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { main, say, Stop } from "./lib/command.js";
import { inRoot } from "./setup.js";

const LONG = 40;

/**
 * Lists the Rust files of a crate, without those of a crate in a folder of it, as [module path, source without its tests].
 *
 * @returns {[string, string][]}
 */
function filesOf(folder) {
  const isOfThisCrate = (name) =>
    dirname(name) === "." || !existsSync(join(folder, dirname(name), "Cargo.toml"));
  const names = readdirSync(folder, { encoding: "utf8", recursive: true }).filter(
    (name) => name.endsWith(".rs") && isOfThisCrate(name),
  );
  return names.sort().map((name) => {
    const module = name.replace(/\.rs$/, "").replace(/(^|\/)(mod|lib)$/, "");
    return [
      module,
      readFileSync(join(folder, name), "utf8").split(/^#\[cfg\(test\)\]\nmod tests/m)[0],
    ];
  });
}

/** Returns every path that the `use` items of a source name, each as a list of its parts. */
function usesOf(source) {
  const code = source.replace(/\/\/.*$/gm, "");
  return [...code.matchAll(/^(pub(?:\([^)]*\))? )?use ([^;]+);/gm)].flatMap(([, isPublic, tree]) =>
    expanded(tree.replace(/\s+/g, " ").trim()).map((path) => ({
      path: path.split("::"),
      isPublic: isPublic !== undefined,
    })),
  );
}

/** Expands `a::{b, c::d}` into `a::b` and `a::c::d`. */
function expanded(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree.replace(/ as .*$/, "")];
  const parts = [""];
  let depth = 0;
  for (const character of tree.slice(open + 1, tree.lastIndexOf("}"))) {
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts
    .map((part) => part.trim())
    .filter(Boolean)
    .flatMap((part) => expanded(part))
    .map((path) => tree.slice(0, open) + path);
}

/** Returns the files that each file uses. A name that a module re-exports leads to the file that defines it. */
function arrows(files) {
  const sources = new Map(files);
  const handedOn = new Map(
    files.map(([module, source]) => [
      module,
      new Map(
        usesOf(source)
          .filter(({ isPublic }) => isPublic)
          .map(({ path }) => [path.at(-1), path]),
      ),
    ]),
  );
  const fileOf = (from, used, depth = 0) => {
    const path = absolute(from, used);
    for (let end = path.length; end >= 0; end--) {
      const module = path.slice(0, end).join("/");
      if (!sources.has(module)) continue;
      const next = handedOn.get(module).get(path[end]);
      return next !== undefined && depth < 8 && module !== from
        ? fileOf(module, next, depth + 1)
        : module;
    }
    return undefined;
  };
  return new Map(
    files.map(([module, source]) => {
      const used = usesOf(source)
        .filter(({ isPublic }) => !isPublic)
        .map(({ path }) => fileOf(module, path));
      return [
        module,
        new Set(used.filter((file) => file !== undefined && file !== module && file !== "")),
      ];
    }),
  );
}

/** Returns the path from the crate's root of what a module uses. */
function absolute(module, [first, ...rest]) {
  const at = module === "" ? [] : module.split("/");
  if (first === "crate") return rest;
  return first === "super" ? [...at.slice(0, -1), ...rest] : [...at, first, ...rest];
}

/** Returns the circles: groups of files, each of which depends on every other, directly or not. */
function circles(graph) {
  const reached = (from) => {
    const seen = new Set();
    const next = [...graph.get(from)];
    for (const file of next) {
      if (seen.has(file)) continue;
      seen.add(file);
      next.push(...graph.get(file));
    }
    return seen;
  };
  const all = new Map([...graph.keys()].map((file) => [file, reached(file)]));
  const inCircle = [...all].filter(([file, seen]) => seen.has(file));
  const groups = inCircle.map(([file, seen]) =>
    [...seen]
      .filter((other) => all.get(other)?.has(file))
      .sort()
      .join(" ↔ "),
  );
  return [...new Set(groups)];
}

/** Returns the functions of a source, with the lines of each. */
function functionsOf([module, source]) {
  const lines = source.split("\n");
  return lines.flatMap((line, start) => {
    const [, indent, name] =
      /^( *)(?:pub(?:\([^)]*\))? )?(?:const )?(?:async )?fn (\w+)/.exec(line) ?? [];
    if (name === undefined) return [];
    // A declaration, such as one of a function of the host's, ends without a body.
    const head = lines.slice(start).find((line) => /[;{}]$/.test(line));
    if (head === undefined || head.endsWith(";")) return [];
    const end = head === line && line.endsWith("}") ? start : lines.indexOf(`${indent}}`, start);
    return [{ name: `${module || "lib"}::${name}`, length: end - start + 1 }];
  });
}

/** Returns the circles between the files of a folder, each as one text. */
export const circlesIn = (folder) => circles(arrows(filesOf(folder)));

/** Prints the circles of each crate. Returns whether there are any. */
function reportCircles(crates) {
  let hasCircle = false;
  for (const crate of crates) {
    const found = circlesIn(crate);
    hasCircle ||= found.length > 0;
    const result = found.length > 0 ? `circles: ${found.join("; ")}` : "no circle between files";
    say(`${relative(inRoot("."), crate)}: ${result}`);
  }
  return hasCircle;
}

/** Prints how many functions there are, and which are long. */
function reportFunctions(crates) {
  const functions = crates
    .flatMap((crate) => filesOf(crate).flatMap(functionsOf))
    .sort((a, b) => a.length - b.length);
  const long = functions.filter(({ length }) => length > LONG);
  const median = functions[functions.length >> 1].length;
  say(`${functions.length} functions, median ${median} lines, ${long.length} over ${LONG} lines`);
  for (const { name, length } of long.reverse()) say(`  ${length} ${name}`);
}

await main(import.meta.url, async (args) => {
  const names = ["core", "executor", "worker", "dispatch", "npm", "explain", "explain/wasm"];
  const crates = names.map((name) => inRoot("src", name));
  const hasCircle = reportCircles(crates);
  if (!args.includes("--check")) reportFunctions(crates);
  else if (hasCircle) throw new Stop("There are files that use each other in a circle.");
});
