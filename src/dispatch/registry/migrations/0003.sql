-- The answers of requests that have an `Idempotency-Key`: see answers.rs.
CREATE TABLE answers (
  -- A hash of the token, the path and the key.
  key TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  -- The SHA-256 of the request's body.
  body TEXT NOT NULL,
  -- Null while the request is being answered.
  status INTEGER,
  -- The answer's body, encrypted.
  sealed TEXT
) WITHOUT ROWID;
