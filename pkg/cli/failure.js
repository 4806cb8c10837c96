/** An error that ends a command with 2, and what to do about it. `code` is stable; the message is for people. */
export class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export const wrongUsage = (message) => new Failure("wrong_usage", message);
export const unreadable = (message) => new Failure("unreadable_input", message);

/** The longest wait for an API. */
export const PATIENCE_MS = 60_000;

/** The advice if an API cannot be reached. */
export const ONLINE = "Check that this machine is online, and try again.";

/** Returns the failure of a request that was not answered. */
export function unreachable(origin, error, advice) {
  const late = error.name === "TimeoutError" && `no answer within ${PATIENCE_MS / 1000} s`;
  const why = late || (error.cause?.code ?? error.cause?.message ?? error.message);
  return new Failure("unreachable", `${origin} cannot be reached: ${why}.\n${advice}`);
}

/** Returns ` Did you mean …?` if one of the names is similar to the typed one, or begins with it. */
export function meant(typed, names) {
  const near = nearest(typed, names);
  return near === undefined ? "" : ` Did you mean ${near}?`;
}

const MIN_BEGINNING = 3;

function nearest(typed, names) {
  const longer = names.filter((name) => name.startsWith(typed));
  if (typed.length >= MIN_BEGINNING && longer.length === 1) return longer[0];
  const allowed = Math.max(1, Math.floor(typed.length / 3));
  const [first] = [...names]
    .map((name) => ({ name, edits: edits(typed, name) }))
    .sort((a, b) => a.edits - b.edits);
  return first && first.edits <= allowed ? first.name : undefined;
}

/** Returns how many characters have to be inserted, deleted, replaced or swapped with the next. */
function edits(from, to) {
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const choices = [rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (same ? 0 : 1)];
      rows[i].push(Math.min(...choices, swapped ? rows[i - 2][j - 2] + 1 : Infinity));
    }
  }
  return rows[from.length][to.length];
}
