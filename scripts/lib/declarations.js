// The declarations of a .d.ts file, one line for each fact: a member, a parameter list, a word of a
// union.

const COMMENTS = /\/\*.*?\*\/|\/\/.*?$/gms;
const OPENING = "{[(<";
const CLOSING = "}])>";

/** Returns the facts that a .d.ts file declares, in its order. */
export function declarationsIn(text) {
  const plain = text
    .replaceAll(COMMENTS, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll("( ", "(")
    .replaceAll(/,? \)/g, ")");
  return statementsIn(plain).flatMap(factsOf);
}

/**
 * Returns the statements at the top. A statement ends with a semicolon; an interface or a class,
 * with its brace.
 */
function statementsIn(text) {
  return parts(text, (statement, mark) =>
    mark === "}" ? /^(export )?(declare )?(interface|class) /.test(statement) : mark === ";",
  ).filter((statement) => !statement.startsWith("import "));
}

/** Cuts a text behind each mark outside of brackets at which `ends` is true. */
function parts(text, ends) {
  const found = [];
  let [depth, begin] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at];
    if (OPENING.includes(mark)) depth += 1;
    if (CLOSING.includes(mark)) depth -= 1;
    if (depth > 0 || !ends(text.slice(begin, at + 1).trim(), mark)) continue;
    found.push(text.slice(begin, at + 1).trim());
    begin = at + 1;
  }
  return [...found, text.slice(begin).trim()].filter(Boolean);
}

function factsOf(statement) {
  const [, kind, name] = statement.match(/^(?:export )?(?:declare )?(\w+) (\w+)/);
  if (kind === "interface" || kind === "class")
    return [statement.slice(0, statement.indexOf(" {")), ...membersOf(name, statement)];
  if (kind === "type") return typesOf(name, statement);
  return [statement.replace(/;$/, "")];
}

/** Returns the members in the last braces of a declaration or a type. */
function membersOf(name, text) {
  const content = text.slice(text.indexOf(" {") + 2, text.lastIndexOf("}"));
  const members = parts(content, (_member, mark) => mark === ";");
  return members.flatMap((member) => {
    const text = member.replace(/;$/, "");
    const [, key, object] = text.match(/^((?:readonly )?\w+\??): ({.*})$/) ?? [];
    return object === undefined ? [`${name}.${text}`] : membersOf(`${name}.${key}`, ` ${object}`);
  });
}

/** Returns a line for each type of a union; one line for any other type, with its parameters. */
function typesOf(name, statement) {
  const [head, ...rest] = parts(statement.replace(/;$/, ""), (_part, mark) => mark === "=");
  const type = rest.join(" ");
  if (type.includes(" ? ")) return [`${head} ${type}`];
  const types = parts(type, (_type, mark) => mark === "|");
  const words = types.map((word) => word.replace(/\|$/, "").trim()).filter(Boolean);
  return words.map((word) => `${name} = ${word}`);
}
