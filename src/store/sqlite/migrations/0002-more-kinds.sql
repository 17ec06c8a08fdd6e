-- More kinds of resource. The columns that say which lose their CHECK: what a kind is, the code says, and a new one must not
-- mean a copy of these tables again. Claims on identities become claims on any resource. Foreign keys are off meanwhile.

CREATE TABLE new_feed (
  number  INTEGER PRIMARY KEY,
  kind    TEXT NOT NULL,
  -- Id of the resource or of the invalidation. No foreign key: what was removed is told by its id alone.
  subject TEXT NOT NULL
) STRICT;
INSERT INTO new_feed (number, kind, subject) SELECT number, kind, subject FROM feed;
DROP TABLE feed;
ALTER TABLE new_feed RENAME TO feed;

-- Large columns come last: SQLite then reads the others without walking through overflow pages.
CREATE TABLE new_resource (
  id              TEXT NOT NULL PRIMARY KEY,
  account         TEXT NOT NULL,
  kind            TEXT NOT NULL,
  -- The caller's, or what stands for it in kinds that have none.
  reference       TEXT NOT NULL,
  revision        INTEGER NOT NULL CHECK (revision >= 1),
  created_at_ms   INTEGER NOT NULL,
  modified_at_ms  INTEGER NOT NULL,
  change          INTEGER NOT NULL,
  handle          TEXT NOT NULL,
  creation_digest TEXT NOT NULL,
  web_acl_id      TEXT NOT NULL,
  tags            TEXT NOT NULL,
  config          TEXT NOT NULL
) STRICT;
INSERT INTO new_resource
  SELECT id, account, kind, caller_reference, revision, created_at_ms, modified_at_ms, change, handle, creation_digest,
         web_acl_id, tags, config
  FROM resource;
DROP TABLE resource;
ALTER TABLE new_resource RENAME TO resource;
CREATE UNIQUE INDEX resource_in_order ON resource (account, kind, id);
CREATE UNIQUE INDEX resource_by_reference ON resource (account, kind, reference);
CREATE INDEX resource_by_web_acl ON resource (account, kind, web_acl_id, id);
CREATE INDEX identity_by_canonical_user ON resource (handle) WHERE kind = 'origin-access-identity';

CREATE TABLE reference_claim (
  target   TEXT NOT NULL REFERENCES resource (id) ON DELETE RESTRICT,
  resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  PRIMARY KEY (target, resource)
) STRICT, WITHOUT ROWID;
INSERT INTO reference_claim (target, resource) SELECT identity, resource FROM identity_claim;
DROP TABLE identity_claim;
CREATE INDEX reference_claim_by_resource ON reference_claim (resource);

-- Names that are unique among the resources of a kind in an account.
CREATE TABLE name_claim (
  account  TEXT NOT NULL,
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,
  resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  PRIMARY KEY (account, kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_claim_by_resource ON name_claim (resource);

-- What an account may have only so many of, beside resources of a kind.
CREATE TABLE share_claim (
  account  TEXT NOT NULL,
  share    TEXT NOT NULL,
  resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  PRIMARY KEY (account, share, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX share_claim_by_resource ON share_claim (resource);
