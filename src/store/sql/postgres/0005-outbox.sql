-- What playbooks may answer: triggers, as they were committed; the playbooks that are to answer them; questions to people.
CREATE TABLE triggers (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  body   TEXT NOT NULL
);

-- `about` is unique where no order is asked for.
CREATE TABLE queue (
  number   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  playbook TEXT NOT NULL,
  about    TEXT NOT NULL,
  state    TEXT NOT NULL,
  merged   BIGINT NOT NULL,
  at       BIGINT NOT NULL,
  changed  BIGINT NOT NULL,
  run      TEXT,
  trouble  TEXT,
  body     TEXT NOT NULL
);
CREATE INDEX queue_by_about ON queue (playbook, about, state, number);
CREATE INDEX queue_by_state ON queue (state, number);
CREATE INDEX queue_by_run ON queue (run) WHERE run IS NOT NULL;

CREATE TABLE approvals (
  id         TEXT PRIMARY KEY,
  run        TEXT NOT NULL,
  is_open    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  body       TEXT NOT NULL
);
CREATE INDEX approvals_open ON approvals (is_open) WHERE is_open > 0;
CREATE INDEX approvals_by_run ON approvals (run);

-- Up to when decisions that ended have become triggers; null before anybody asked.
ALTER TABLE ledger ADD COLUMN expired_until BIGINT;
