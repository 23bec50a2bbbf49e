-- Retention: how many events are kept (counting ten million rows for a status page takes a second), what was dropped
-- and when, and up to which page small pages have been merged.
ALTER TABLE ledger ADD COLUMN event_count    BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN dropped_events BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN dropped_at     BIGINT;
ALTER TABLE ledger ADD COLUMN merged_page    BIGINT NOT NULL DEFAULT 0;
UPDATE ledger SET event_count = (SELECT count(*) FROM events);
