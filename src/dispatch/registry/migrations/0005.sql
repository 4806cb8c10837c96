-- What is known of each source's deliveries: see `Pulse` of the core. Times are milliseconds since 1970.
CREATE TABLE pulses (
  source TEXT PRIMARY KEY,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  -- A JSON object: the longest pause that ended on each of the last days, by the number of the day.
  pauses TEXT NOT NULL,
  silence_told INTEGER NOT NULL,
  is_refusing INTEGER NOT NULL,
  refusing_told INTEGER NOT NULL
) WITHOUT ROWID;

-- Operational events that are not yet in their journal.
CREATE TABLE notices (
  id TEXT PRIMARY KEY,
  event TEXT NOT NULL
) WITHOUT ROWID;

-- The messages whose counts were added, a row for each batch: a message that comes again adds nothing.
CREATE TABLE counted (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  -- A JSON list of ids.
  messages TEXT NOT NULL
);
