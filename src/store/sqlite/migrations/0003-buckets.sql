-- Buckets and the index of what is in them. Bytes are in files beside the database; a file is named by one row at most.

CREATE TABLE bucket (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  account       TEXT NOT NULL,
  region        TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  settings      TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX bucket_of_account ON bucket (account, name);

-- A row per version, delete markers included. Of two versions of a key the one with the larger id is the newer.
CREATE TABLE object (
  id               INTEGER PRIMARY KEY,
  bucket           INTEGER NOT NULL REFERENCES bucket (id),
  key              TEXT NOT NULL,
  version_id       TEXT NOT NULL,
  is_latest        INTEGER NOT NULL CHECK (is_latest IN (0, 1)),
  is_delete_marker INTEGER NOT NULL CHECK (is_delete_marker IN (0, 1)),
  modified_at_ms   INTEGER NOT NULL,
  bytes            INTEGER NOT NULL,
  etag             TEXT NOT NULL,
  checksums        TEXT NOT NULL,
  -- Large columns come last: SQLite then reads the others without walking through overflow pages.
  head             TEXT NOT NULL,
  pieces           TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX object_by_version ON object (bucket, key, version_id);
CREATE UNIQUE INDEX object_versions ON object (bucket, key, id DESC);
-- What ListObjects shows: old versions and delete markers are not in its way.
CREATE UNIQUE INDEX object_listed ON object (bucket, key) WHERE is_latest = 1 AND is_delete_marker = 0;

CREATE TABLE upload (
  id            INTEGER PRIMARY KEY,
  bucket        INTEGER NOT NULL REFERENCES bucket (id),
  key           TEXT NOT NULL,
  upload_id     TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  initiator     TEXT,
  checksum      TEXT NOT NULL,
  head          TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX upload_in_order ON upload (bucket, key, upload_id);

CREATE TABLE part (
  upload         INTEGER NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
  number         INTEGER NOT NULL,
  file           TEXT NOT NULL,
  bytes          INTEGER NOT NULL,
  etag           TEXT NOT NULL,
  checksums      TEXT NOT NULL,
  modified_at_ms INTEGER NOT NULL,
  PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;

-- Every file that an object or a part names.
CREATE TABLE object_file (
  name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
