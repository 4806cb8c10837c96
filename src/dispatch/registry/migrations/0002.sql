-- The endpoints that get events. `version` in `meta` grows with each change: see endpoints.rs.
CREATE TABLE endpoints (
  id TEXT PRIMARY KEY,
  -- An `Endpoint`, as JSON.
  record TEXT NOT NULL
) WITHOUT ROWID;
