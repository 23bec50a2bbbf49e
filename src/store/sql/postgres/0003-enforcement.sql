-- Enforcement: when each decision's row was last written (a bouncer's place in the changes is such a time), how far each
-- decision got at each enforcement point, how the points stand, and who may fetch.
ALTER TABLE decisions ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
UPDATE decisions SET changed = CASE WHEN withdrawn_at IS NULL THEN starts_at ELSE withdrawn_at END;
CREATE INDEX decisions_by_change ON decisions (changed);

CREATE TABLE proofs (
  decision     TEXT NOT NULL,
  point        TEXT NOT NULL,
  act          TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  applied_at   BIGINT,
  verified_at  BIGINT,
  trouble      TEXT,
  PRIMARY KEY (decision, point, act)
);
CREATE INDEX proofs_by_request ON proofs (requested_at);

CREATE TABLE points (
  name TEXT PRIMARY KEY,
  body TEXT NOT NULL
);

CREATE TABLE bouncers (
  name     TEXT PRIMARY KEY,
  key_hash TEXT NOT NULL UNIQUE,
  body     TEXT NOT NULL
);
