-- The events of one source, or of one shard of it. `seq` is given out once: see `floor` in `meta`.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  -- When the receiver took it, where the id may come again for another event; 0 for any other id.
  again INTEGER NOT NULL,
  -- The order's key; NULL for an event that names no order.
  ord TEXT,
  -- When the journal took it, in milliseconds since 1970. Never less than that of a lower `seq`.
  at INTEGER NOT NULL,
  -- When the receiver took it.
  received INTEGER NOT NULL,
  type TEXT NOT NULL,
  status TEXT,
  -- NULL for an event that changes no order.
  verdict TEXT,
  test INTEGER NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (id, again)
);
CREATE INDEX events_by_order ON events (ord);

-- The state of each order. `seq` is that of the latest event that changed it.
CREATE TABLE orders (
  ord TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  created INTEGER NOT NULL,
  status TEXT NOT NULL,
  test INTEGER NOT NULL,
  -- A JSON list of the order's rows in `names`.
  names TEXT NOT NULL,
  -- A JSON object.
  state TEXT NOT NULL
) WITHOUT ROWID;

-- What an order can be found by: hashes of its references, tracking numbers and customers.
CREATE TABLE names (
  name TEXT NOT NULL,
  ord TEXT NOT NULL,
  PRIMARY KEY (name, ord)
) WITHOUT ROWID;

-- How many orders have each status, and how many events there are.
CREATE TABLE tallies (
  name TEXT PRIMARY KEY,
  n INTEGER NOT NULL
) WITHOUT ROWID;
