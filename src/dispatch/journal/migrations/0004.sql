-- The attempts of each endpoint, in sums of 15 minutes: see history.rs.
CREATE TABLE attempt_sums (
  at INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  delivered INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  -- Those of both that were not the first of their delivery.
  retries INTEGER NOT NULL,
  PRIMARY KEY (at, endpoint)
) WITHOUT ROWID;

-- Counts the deliveries that wait for someone. Few are in these states, so few rows are written.
CREATE INDEX deliveries_stopped ON deliveries (endpoint, state) WHERE state IN ('dead', 'held');
