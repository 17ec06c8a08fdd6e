-- The tables of the first release. A migration that was released is never edited: what changes comes in the next one.

-- The feed that edges follow. A resource has one row in it, which moves to the end when the resource changes, so the
-- newest number never falls and a reader meets each resource once, in its latest state.
CREATE TABLE feed (
  number  INTEGER PRIMARY KEY,
  kind    TEXT NOT NULL CHECK (kind IN ('distribution', 'streaming-distribution', 'invalidation', 'removed')),
  -- Id of the resource or of the invalidation. No foreign key: what was removed is told by its id alone.
  subject TEXT NOT NULL
) STRICT;

-- Large columns come last: SQLite then reads the others without walking through overflow pages.
CREATE TABLE resource (
  id               TEXT NOT NULL PRIMARY KEY,
  account          TEXT NOT NULL,
  kind             TEXT NOT NULL CHECK (kind IN ('distribution', 'streaming-distribution', 'origin-access-identity')),
  caller_reference TEXT NOT NULL,
  revision         INTEGER NOT NULL CHECK (revision >= 1),
  created_at_ms    INTEGER NOT NULL,
  modified_at_ms   INTEGER NOT NULL,
  change           INTEGER NOT NULL,
  handle           TEXT NOT NULL,
  creation_digest  TEXT NOT NULL,
  web_acl_id       TEXT NOT NULL,
  tags             TEXT NOT NULL,
  config           TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX resource_in_order ON resource (account, kind, id);
CREATE UNIQUE INDEX resource_by_reference ON resource (account, kind, caller_reference);
CREATE INDEX resource_by_web_acl ON resource (account, kind, web_acl_id, id);

-- How many resources of a kind an account has: a quota is checked without counting them.
CREATE TABLE tally (
  account TEXT NOT NULL,
  kind    TEXT NOT NULL,
  count   INTEGER NOT NULL CHECK (count >= 0),
  PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE alias (
  -- Lower case.
  name     TEXT NOT NULL PRIMARY KEY,
  resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_by_resource ON alias (resource);

CREATE TABLE identity_claim (
  identity TEXT NOT NULL REFERENCES resource (id) ON DELETE RESTRICT,
  resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  PRIMARY KEY (identity, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_claim_by_resource ON identity_claim (resource);

CREATE TABLE invalidation (
  id               TEXT NOT NULL PRIMARY KEY,
  distribution     TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  caller_reference TEXT NOT NULL,
  created_at_ms    INTEGER NOT NULL,
  change           INTEGER NOT NULL,
  plain_count      INTEGER NOT NULL,
  wildcard_count   INTEGER NOT NULL,
  paths            TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX invalidation_in_order ON invalidation (distribution, change);
CREATE UNIQUE INDEX invalidation_by_reference ON invalidation (distribution, caller_reference);

CREATE TABLE access_key (
  access_key_id TEXT NOT NULL PRIMARY KEY,
  account       TEXT NOT NULL,
  user_name     TEXT NOT NULL,
  access        TEXT NOT NULL CHECK (access IN ('full', 'read-only')),
  created_at_ms INTEGER NOT NULL,
  secret        TEXT NOT NULL
) STRICT;
CREATE INDEX access_key_in_order ON access_key (account, created_at_ms);

CREATE TABLE session (
  access_key_id TEXT NOT NULL PRIMARY KEY,
  parent        TEXT NOT NULL, -- not always in access_key: the server has one key built in
  expires_at_ms INTEGER NOT NULL,
  secret        TEXT NOT NULL,
  token         TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_parent ON session (parent);
CREATE INDEX session_by_expiry ON session (expires_at_ms);

CREATE TABLE edge (
  id             TEXT NOT NULL PRIMARY KEY,
  through        INTEGER NOT NULL,
  lease_until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: what was once deployed everywhere stays so.
CREATE TABLE deployment (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  through INTEGER NOT NULL
) STRICT;
INSERT INTO deployment (one, through) VALUES (1, 0);
