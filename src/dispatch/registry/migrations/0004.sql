-- Who is signed in to the console. `id` is the SHA-256 of the id in the cookie.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  -- The SHA-256 of the token that the session came from, and the token's name and access.
  token TEXT NOT NULL,
  name TEXT NOT NULL,
  access TEXT NOT NULL,
  -- When it ends.
  until INTEGER NOT NULL
) WITHOUT ROWID;

-- The codes that sign in once. `id` is the SHA-256 of the code; the rest is as with a session.
CREATE TABLE codes (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  token TEXT NOT NULL,
  name TEXT NOT NULL,
  access TEXT NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;
