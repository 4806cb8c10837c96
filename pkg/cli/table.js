/** Returns rows as indented lines. Each cell but a row's last is padded to its column's longest, and two blanks follow it. */
export function table(rows) {
  const width = (at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)) + 2;
  const cell = (text, at, row) => (at < row.length - 1 ? text.padEnd(width(at)) : text);
  return rows.map((row) => `  ${row.map(cell).join("").trimEnd()}\n`).join("");
}

/** Returns words as indented lines, with commas between them. No line is longer than 80 columns. */
export function paragraph(words) {
  const lines = [""];
  for (const word of words) {
    const last = lines.length - 1;
    if (lines[last] !== "" && lines[last].length + word.length > 74) lines.push(word);
    else lines[last] = lines[last] === "" ? word : `${lines[last]}, ${word}`;
  }
  return lines.map((line) => `  ${line}`).join(",\n");
}

/** Returns a text that somebody else wrote as one line, so that it stays in its cell. */
export const oneLine = (text) => text.replaceAll(/\s/g, " ");
