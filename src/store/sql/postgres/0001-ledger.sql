-- One row: what the whole ledger agrees on. `token` names the last commit, so that a retry after a lost answer is seen.
CREATE TABLE ledger (
  one        BIGINT PRIMARY KEY CHECK (one = 1),
  log_time   BIGINT NOT NULL,
  commits    BIGINT NOT NULL,
  token      TEXT NOT NULL,
  pages      BIGINT NOT NULL,
  rejections BIGINT NOT NULL,
  act_number BIGINT NOT NULL,
  act_hash   TEXT NOT NULL,
  seat       BIGINT NOT NULL
);
INSERT INTO ledger VALUES (1, 0, 0, '', 0, 0, 0, '', 0);

CREATE TABLE cursors (
  source  TEXT NOT NULL,
  stream  TEXT NOT NULL,
  done    BIGINT NOT NULL,
  touched BIGINT NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (source, stream)
);

-- Bodies are compressed already: EXTERNAL keeps PostgreSQL from trying again.
-- Events lie 128 to a compressed page; this row is what is searched by. n = page * 128 + place on the page.
CREATE TABLE pages (
  page BIGINT PRIMARY KEY,
  body BYTEA NOT NULL
);
ALTER TABLE pages ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE events (
  n        BIGINT PRIMARY KEY,
  id       BYTEA NOT NULL UNIQUE,
  time     BIGINT NOT NULL,
  client   BYTEA NOT NULL,
  severity BIGINT NOT NULL
);
CREATE INDEX events_by_time   ON events (time);
CREATE INDEX events_by_client ON events (client, time);

CREATE TABLE alerts (
  id         TEXT PRIMARY KEY,
  subject    TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  stopped_at BIGINT NOT NULL,
  body       TEXT NOT NULL
);
CREATE INDEX alerts_by_time    ON alerts (stopped_at);
CREATE INDEX alerts_by_subject ON alerts (subject, stopped_at);

CREATE TABLE incidents (
  id        TEXT PRIMARY KEY,
  subject   TEXT NOT NULL,
  is_open   BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  last_at   BIGINT NOT NULL,
  body      TEXT NOT NULL
);
CREATE INDEX incidents_by_time    ON incidents (last_at);
CREATE INDEX incidents_by_subject ON incidents (subject, is_open, opened_at);

-- `holds` is scope and value of the decision that holds there, and null in all that no longer do: two cannot hold.
CREATE TABLE decisions (
  id           TEXT PRIMARY KEY,
  value        TEXT NOT NULL,
  holds        TEXT UNIQUE,
  starts_at    BIGINT NOT NULL,
  until        BIGINT NOT NULL,
  withdrawn_at BIGINT,
  body         TEXT NOT NULL
);
CREATE INDEX decisions_by_value ON decisions (value, starts_at);
CREATE INDEX decisions_by_start ON decisions (starts_at);
CREATE INDEX decisions_by_until ON decisions (until);

-- Which alert or decision rests on which event: what retention asks before it drops one.
CREATE TABLE citations (
  event  BYTEA NOT NULL,
  holder TEXT NOT NULL,
  PRIMARY KEY (event, holder)
);

CREATE TABLE allowlist (
  value TEXT PRIMARY KEY,
  body  TEXT NOT NULL
);

CREATE TABLE state (
  room       TEXT NOT NULL,
  slot       TEXT NOT NULL,
  body       TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (room, slot)
);

CREATE TABLE tallies (
  sensor            TEXT NOT NULL,
  source            TEXT NOT NULL,
  names TEXT NOT NULL,
  bytes             BIGINT NOT NULL,
  records           BIGINT NOT NULL,
  events            BIGINT NOT NULL,
  ignored           BIGINT NOT NULL,
  untrusted_headers BIGINT NOT NULL,
  lost_bytes        BIGINT NOT NULL,
  PRIMARY KEY (sensor, source)
);
CREATE TABLE rejected (
  sensor TEXT NOT NULL,
  source TEXT NOT NULL,
  code   TEXT NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (sensor, source, code)
);

-- A ring: slot = number modulo its length, so that a broken log cannot fill the disk with samples of itself.
CREATE TABLE rejections (
  slot   BIGINT PRIMARY KEY,
  number BIGINT NOT NULL,
  body   TEXT NOT NULL
);

CREATE TABLE findings (
  code    TEXT NOT NULL,
  subject TEXT NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (code, subject)
);

CREATE TABLE acts (
  number  BIGINT PRIMARY KEY,
  at      BIGINT NOT NULL,
  actor   TEXT NOT NULL,
  verb    TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL,
  hash    TEXT NOT NULL
);

CREATE TABLE commands (
  number      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          BIGINT NOT NULL,
  asked_by    TEXT NOT NULL,
  body        TEXT NOT NULL,
  ok          BIGINT,
  answer      TEXT,
  answered_at BIGINT 
);
CREATE INDEX commands_unanswered ON commands (number) WHERE answered_at IS NULL;
