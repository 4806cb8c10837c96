// Writes a definition as TOML, in the order and the form of `providers/`.

/** Returns a definition as a `provider.toml`. Its name is that of its folder, and is left out. */
export function tomlOf({ name, ...definition }) {
  void name;
  const tables = Object.entries(definition).map(([key, table]) => tableOf(key, table));
  return `${tables.join("\n")}`;
}

function tableOf(path, table) {
  const entries = Object.entries(table);
  const isTable = (key) => key === "words";
  const own = entries.filter(([key]) => !isTable(key));
  const lines = own.map(([key, value]) => `${keyOf(key)} = ${written(value)}\n`);
  const inner = entries
    .filter(([key]) => isTable(key))
    .map(([key, value]) => `\n${tableOf(`${path}.${key}`, value)}`);
  return `[${path}]\n${lines.join("")}${inner.join("")}`;
}

const keyOf = (key) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key));

function written(value) {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
  const members = Object.entries(value).map(([key, inner]) => `${keyOf(key)} = ${written(inner)}`);
  return `{ ${members.join(", ")} }`;
}
