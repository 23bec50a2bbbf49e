-- One row: what the whole ledger agrees on. `token` names the last commit, so that a retry after a lost answer is seen.
CREATE TABLE ledger (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  log_time   INTEGER NOT NULL,
  commits    INTEGER NOT NULL,
  token      TEXT NOT NULL,
  pages      INTEGER NOT NULL,
  rejections INTEGER NOT NULL,
  act_number INTEGER NOT NULL,
  act_hash   TEXT NOT NULL,
  seat       INTEGER NOT NULL
);
INSERT INTO ledger VALUES (1, 0, 0, '', 0, 0, 0, '', 0);

CREATE TABLE cursors (
  source  TEXT NOT NULL,
  stream  TEXT NOT NULL,
  done    INTEGER NOT NULL,
  touched INTEGER NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (source, stream)
) WITHOUT ROWID;

-- Events lie 128 to a compressed page; this row is what is searched by. n = page * 128 + place on the page.
CREATE TABLE pages (
  page INTEGER PRIMARY KEY,
  body BLOB NOT NULL
);
CREATE TABLE events (
  n        INTEGER PRIMARY KEY,
  id       BLOB NOT NULL UNIQUE,
  time     INTEGER NOT NULL,
  client   BLOB NOT NULL,
  severity INTEGER NOT NULL
);
CREATE INDEX events_by_time   ON events (time);
CREATE INDEX events_by_client ON events (client, time);

CREATE TABLE alerts (
  id         TEXT PRIMARY KEY,
  subject    TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  stopped_at INTEGER NOT NULL,
  body       TEXT NOT NULL
);
CREATE INDEX alerts_by_time    ON alerts (stopped_at);
CREATE INDEX alerts_by_subject ON alerts (subject, stopped_at);

CREATE TABLE incidents (
  id        TEXT PRIMARY KEY,
  subject   TEXT NOT NULL,
  is_open   INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  last_at   INTEGER NOT NULL,
  body      TEXT NOT NULL
);
CREATE INDEX incidents_by_time    ON incidents (last_at);
CREATE INDEX incidents_by_subject ON incidents (subject, is_open, opened_at);

-- `holds` is scope and value of the decision that holds there, and null in all that no longer do: two cannot hold.
CREATE TABLE decisions (
  id           TEXT PRIMARY KEY,
  value        TEXT NOT NULL,
  holds        TEXT UNIQUE,
  starts_at    INTEGER NOT NULL,
  until        INTEGER NOT NULL,
  withdrawn_at INTEGER,
  body         TEXT NOT NULL
);
CREATE INDEX decisions_by_value ON decisions (value, starts_at);
CREATE INDEX decisions_by_start ON decisions (starts_at);
CREATE INDEX decisions_by_until ON decisions (until);

-- Which alert or decision rests on which event: what retention asks before it drops one.
CREATE TABLE citations (
  event  BLOB NOT NULL,
  holder TEXT NOT NULL,
  PRIMARY KEY (event, holder)
) WITHOUT ROWID;

CREATE TABLE allowlist (
  value TEXT PRIMARY KEY,
  body  TEXT NOT NULL
);

-- With a rowid, other than the small tables: values of a kilobyte in the key's own tree cost twice the time and room.
CREATE TABLE state (
  room       TEXT NOT NULL,
  slot       TEXT NOT NULL,
  body       TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (room, slot)
);

CREATE TABLE tallies (
  sensor            TEXT NOT NULL,
  source            TEXT NOT NULL,
  names TEXT NOT NULL,
  bytes             INTEGER NOT NULL,
  records           INTEGER NOT NULL,
  events            INTEGER NOT NULL,
  ignored           INTEGER NOT NULL,
  untrusted_headers INTEGER NOT NULL,
  lost_bytes        INTEGER NOT NULL,
  PRIMARY KEY (sensor, source)
) WITHOUT ROWID;
CREATE TABLE rejected (
  sensor TEXT NOT NULL,
  source TEXT NOT NULL,
  code   TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (sensor, source, code)
) WITHOUT ROWID;

-- A ring: slot = number modulo its length, so that a broken log cannot fill the disk with samples of itself.
CREATE TABLE rejections (
  slot   INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,
  body   TEXT NOT NULL
);

CREATE TABLE findings (
  code    TEXT NOT NULL,
  subject TEXT NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (code, subject)
) WITHOUT ROWID;

CREATE TABLE acts (
  number  INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  verb    TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL,
  hash    TEXT NOT NULL
);

CREATE TABLE commands (
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  at          INTEGER NOT NULL,
  asked_by    TEXT NOT NULL,
  body        TEXT NOT NULL,
  ok          INTEGER,
  answer      TEXT,
  answered_at INTEGER
);
CREATE INDEX commands_unanswered ON commands (number) WHERE answered_at IS NULL;
