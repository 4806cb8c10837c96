-- Has every event once. A queue delivers at least once, and `source` and `id` together identify an event.
CREATE TABLE events (
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  event TEXT NOT NULL, -- whole, as JSON
  payload BLOB, -- the body, where it was too large for the event
  PRIMARY KEY (source, id)
);

-- Where each order is: the status with the latest time. Events come in any order.
CREATE VIEW orders AS
SELECT
  source,
  event ->> '$.subject' AS id,
  event ->> '$.data.status.now' AS status,
  event ->> '$.data.status.final' AS final,
  max(julianday(event ->> '$.time')) AS at
FROM events
WHERE event ->> '$.type' = 'orderhook.order.status.v1' AND NOT event ->> '$.data.test'
GROUP BY 1, 2;
