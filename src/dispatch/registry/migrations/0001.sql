-- The journals that exist.
CREATE TABLE journals (
  name TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) WITHOUT ROWID;

-- The tokens of the API, beside those of `DISPATCH_TOKEN`. `digest` is the SHA-256 in hex.
CREATE TABLE tokens (
  name TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  access TEXT NOT NULL,
  created INTEGER NOT NULL
) WITHOUT ROWID;

-- Messages that could not be taken.
CREATE TABLE dead_letters (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  source TEXT,
  event TEXT,
  type TEXT,
  -- The order's key.
  ord TEXT,
  form TEXT NOT NULL,
  content TEXT NOT NULL
);
CREATE INDEX dead_letters_by_order ON dead_letters (source, ord);

-- What was changed, and by which token.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT
);

-- What the receiver answered, in sums of five minutes.
CREATE TABLE activity (
  at INTEGER NOT NULL,
  source TEXT NOT NULL,
  code TEXT NOT NULL,
  latency INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (at, source, code, latency)
) WITHOUT ROWID;
