-- The journal's copy of the endpoints. `endpoints` in `meta` is its version.
CREATE TABLE endpoints (
  id TEXT PRIMARY KEY,
  -- An `Endpoint`, as JSON; NULL if it was deleted, and its deliveries are being removed.
  record TEXT,
  -- When the first attempt since its last success failed; NULL while its attempts succeed.
  failing INTEGER,
  -- When the next delivery may be handed out, if the endpoint is paced.
  next INTEGER NOT NULL
) WITHOUT ROWID;

-- Each event for each endpoint that wants it.
CREATE TABLE deliveries (
  endpoint TEXT NOT NULL,
  -- The event's position.
  seq INTEGER NOT NULL,
  -- due, leased, done, dead, or held: the endpoint does not get events now.
  state TEXT NOT NULL,
  -- When the next attempt is due, or when the lease ends. NULL in every other state.
  due INTEGER,
  -- The number of the last lease. Only the holder of this lease may report.
  lease INTEGER NOT NULL,
  -- The attempts, and those that failed since the delivery began, or began again.
  attempts INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  -- The last attempt: when it ended, how many milliseconds it took, the status of the answer, and a word if there was none.
  at INTEGER,
  ms INTEGER,
  status INTEGER,
  note TEXT,
  PRIMARY KEY (endpoint, seq)
) WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (endpoint, state, due) WHERE due IS NOT NULL;

-- The attempts that failed.
CREATE TABLE attempts (
  endpoint TEXT NOT NULL,
  seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  ms INTEGER NOT NULL,
  status INTEGER,
  note TEXT,
  -- The beginning of the answer.
  answer TEXT,
  PRIMARY KEY (endpoint, seq, n)
) WITHOUT ROWID;

-- What was sent of an event goes with the event, whether it is pruned or erased.
CREATE TRIGGER deliveries_of_event AFTER DELETE ON events BEGIN
  DELETE FROM deliveries WHERE endpoint IN (SELECT id FROM endpoints) AND seq = old.seq;
  DELETE FROM attempts WHERE endpoint IN (SELECT id FROM endpoints) AND seq = old.seq;
END;
