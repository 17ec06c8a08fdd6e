// The statements of buckets, prepared with all others [queries.ts]. Lists begin at a key and run up to one; they are
// stepped through row by row, so what a list passes over is not read [list-keys.ts].

const BUCKET = "id, name, account, region, created_at_ms, settings";
const LISTED = "key, version_id, is_latest, is_delete_marker, modified_at_ms, bytes, etag, checksums";
const OBJECT = `id, ${LISTED}, head, pieces`;
const UPLOAD = "id, key, upload_id, started_at_ms, initiator, checksum, head";
/** `:until` is an empty blob where there is no end: every blob comes after every text. */
const IN_RANGE = "key >= :from AND key < :until";

export const BUCKET_QUERIES = {
  getBucket: `SELECT ${BUCKET} FROM bucket WHERE name = ?`,
  countBuckets: "SELECT count(*) AS count FROM bucket WHERE account = ?",
  insertBucket: `
    INSERT INTO bucket (name, account, region, created_at_ms, settings)
    VALUES (:name, :account, :region, :createdAtMs, :settings)`,
  listBuckets: `
    SELECT ${BUCKET} FROM bucket WHERE account = :account AND name >= :from AND name < :until ORDER BY name LIMIT :limit`,
  updateSettings: "UPDATE bucket SET settings = ? WHERE id = ?",
  deleteBucket: "DELETE FROM bucket WHERE id = ?",
  hasObjects: "SELECT EXISTS (SELECT 1 FROM object WHERE bucket = ?) AS found",

  getLatestObject: `SELECT ${OBJECT} FROM object WHERE bucket = ? AND key = ? ORDER BY id DESC LIMIT 1`,
  getObjectVersion: `SELECT ${OBJECT} FROM object WHERE bucket = ? AND key = ? AND version_id = ?`,
  insertObject: `
    INSERT INTO object (bucket, key, version_id, is_latest, is_delete_marker, modified_at_ms, bytes, etag, checksums,
                        head, pieces)
    VALUES (:bucket, :key, :versionId, 1, :isDeleteMarker, :now, :bytes, :etag, :checksums, :head, :pieces)`,
  setLatest: "UPDATE object SET is_latest = ? WHERE id = ?",
  setObjectHead: "UPDATE object SET head = ? WHERE id = ?",
  deleteObject: "DELETE FROM object WHERE id = ?",
  listObjects: `
    SELECT ${LISTED} FROM object
    WHERE bucket = :bucket AND is_latest = 1 AND is_delete_marker = 0 AND ${IN_RANGE} ORDER BY key`,
  listVersions: `SELECT ${LISTED} FROM object WHERE bucket = :bucket AND ${IN_RANGE} ORDER BY key, id DESC`,
  listOlderVersions: `SELECT ${LISTED} FROM object WHERE bucket = ? AND key = ? AND id < ? ORDER BY id DESC`,

  getUpload: `SELECT ${UPLOAD} FROM upload WHERE bucket = ? AND key = ? AND upload_id = ?`,
  insertUpload: `
    INSERT INTO upload (bucket, key, upload_id, started_at_ms, initiator, checksum, head)
    VALUES (:bucket, :key, :uploadId, :startedAtMs, :initiator, :checksum, :head)`,
  deleteUpload: "DELETE FROM upload WHERE id = ?",
  deleteUploadsOfBucket: "DELETE FROM upload WHERE bucket = ?",
  listUploads: `SELECT ${UPLOAD} FROM upload WHERE bucket = :bucket AND ${IN_RANGE} ORDER BY key, upload_id`,
  listLaterUploads: `SELECT ${UPLOAD} FROM upload WHERE bucket = ? AND key = ? AND upload_id > ? ORDER BY upload_id`,

  getPartPiece: "SELECT file, bytes FROM part WHERE upload = ? AND number = ?",
  putPart: `
    INSERT OR REPLACE INTO part (upload, number, file, bytes, etag, checksums, modified_at_ms)
    VALUES (:upload, :number, :file, :bytes, :etag, :checksums, :modifiedAtMs)`,
  listParts: `
    SELECT number, file, bytes, etag, checksums, modified_at_ms FROM part
    WHERE upload = ? AND number > ? ORDER BY number LIMIT ?`,
  listPieces: "SELECT file, bytes FROM part WHERE upload = ? ORDER BY number",
  listPiecesOfBucket: `
    SELECT part.file, part.bytes FROM upload JOIN part ON part.upload = upload.id WHERE upload.bucket = ?`,

  insertFile: "INSERT INTO object_file (name) VALUES (?)",
  deleteFile: "DELETE FROM object_file WHERE name = ?",
  isFileNamed: "SELECT EXISTS (SELECT 1 FROM object_file WHERE name = ?) AS found",
} as const satisfies Record<string, string>;
