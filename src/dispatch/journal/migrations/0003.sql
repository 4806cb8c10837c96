-- When an attempt succeeded, to the hour: it is written once in an hour.
ALTER TABLE endpoints ADD COLUMN succeeded INTEGER;
