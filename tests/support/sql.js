/** Returns the statements of a file of SQL: each ends with its line. */
export const statements = (text) => text.split(/;$/m).filter((sql) => sql.trim());
