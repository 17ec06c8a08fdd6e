// Every statement of the SQLite store, each prepared once when the store opens. A test holds each against the query
// planner: none may scan a table or sort, so what an answer costs does not grow with what is stored.

import { BUCKET_QUERIES } from "./bucket-queries.ts";

const RESOURCE = "id, account, kind, revision, created_at_ms, modified_at_ms, change, handle, creation_digest, config";
const RESOURCE_OF_CLAIM = RESOURCE.replace("id,", "resource.id,");
const INVALIDATION = "id, distribution, caller_reference, created_at_ms, change, paths";
const KEY = "access_key_id, account, user_name, access, created_at_ms, secret";

export const QUERIES = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  rollback: "ROLLBACK",
  getDataVersion: "PRAGMA data_version",

  getResource: `SELECT ${RESOURCE} FROM resource WHERE id = ? AND account = ? AND kind = ?`,
  getResourceOfAnyAccount: `SELECT ${RESOURCE} FROM resource WHERE id = ? AND kind = ?`,
  getResourceByReference: `
    SELECT ${RESOURCE} FROM resource WHERE account = ? AND kind = ? AND reference = ?`,
  getIdentity: `SELECT ${RESOURCE} FROM resource WHERE id = ? AND kind = 'origin-access-identity'`,
  getIdentityByCanonicalUser: `
    SELECT ${RESOURCE} FROM resource WHERE handle = ? AND kind = 'origin-access-identity'`,
  insertResource: `
    INSERT INTO resource (id, account, kind, reference, revision, created_at_ms, modified_at_ms, change, handle,
                          creation_digest, web_acl_id, tags, config)
    VALUES (:id, :account, :kind, :reference, 1, :now, :now, :change, :handle,
            :creationDigest, :webAclId, :tags, :config)`,
  updateResource: `
    UPDATE resource SET revision = :revision, modified_at_ms = :now, change = :change, web_acl_id = :webAclId,
                        config = :config
    WHERE id = :id`,
  deleteResource: "DELETE FROM resource WHERE id = ?",
  listResources: `
    SELECT ${RESOURCE} FROM resource WHERE account = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?`,
  listResourcesByWebAcl: `
    SELECT ${RESOURCE} FROM resource
    WHERE account = ? AND kind = ? AND web_acl_id = ? AND id > ? ORDER BY id LIMIT ?`,
  listResourcesByClaim: `
    SELECT ${RESOURCE_OF_CLAIM} FROM reference_claim JOIN resource ON resource.id = reference_claim.resource
    WHERE reference_claim.target = ? AND reference_claim.resource > ? AND account = ? AND kind = ?
    ORDER BY reference_claim.resource LIMIT ?`,
  accountExists: `
    SELECT EXISTS (SELECT 1 FROM resource WHERE account = :account)
        OR EXISTS (SELECT 1 FROM access_key WHERE account = :account)
        OR EXISTS (SELECT 1 FROM bucket WHERE account = :account) AS found`,

  getTally: "SELECT count FROM tally WHERE account = ? AND kind = ?",
  addToTally: `
    INSERT INTO tally (account, kind, count) VALUES (:account, :kind, :by)
    ON CONFLICT (account, kind) DO UPDATE SET count = count + :by`,
  takeFromTally: "UPDATE tally SET count = count - 1 WHERE account = ? AND kind = ?",

  getAlias: "SELECT resource FROM alias WHERE name = ?",
  getAliasOfOthers:
    "SELECT 1 FROM alias JOIN resource ON resource.id = alias.resource WHERE alias.name = ?1 AND resource.account <> ?2",
  // The whole table, for a wildcard only.
  findAliasBelow:
    "SELECT 1 FROM alias JOIN resource ON resource.id = alias.resource WHERE substr(alias.name, -length(?1)) = ?1 AND resource.account <> ?2 LIMIT 1",
  insertAlias: "INSERT INTO alias (name, resource) VALUES (?, ?) ON CONFLICT DO NOTHING",
  deleteAliases: "DELETE FROM alias WHERE resource = ?",
  getName: "SELECT resource FROM name_claim WHERE account = ? AND kind = ? AND name = ?",
  insertName: "INSERT INTO name_claim (account, kind, name, resource) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  deleteNames: "DELETE FROM name_claim WHERE resource = ?",
  insertReferenceClaim: "INSERT INTO reference_claim (target, resource) VALUES (?, ?) ON CONFLICT DO NOTHING",
  deleteReferenceClaims: "DELETE FROM reference_claim WHERE resource = ?",
  isClaimed: "SELECT EXISTS (SELECT 1 FROM reference_claim WHERE target = ?) AS found",
  countShare: "SELECT count(*) AS count FROM share_claim WHERE account = ? AND share = ? AND resource <> ?",
  insertShare: "INSERT INTO share_claim (account, share, resource) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  deleteShares: "DELETE FROM share_claim WHERE resource = ?",

  getTags: "SELECT tags FROM resource WHERE id = ? AND account = ? AND kind = ?",
  updateTags: "UPDATE resource SET tags = ? WHERE id = ?",

  getInvalidation: `SELECT ${INVALIDATION} FROM invalidation WHERE id = ? AND distribution = ?`,
  getInvalidationByReference: `
    SELECT ${INVALIDATION} FROM invalidation WHERE distribution = ? AND caller_reference = ?`,
  insertInvalidation: `
    INSERT INTO invalidation (id, distribution, caller_reference, created_at_ms, change, plain_count, wildcard_count,
                              paths)
    VALUES (:id, :distribution, :callerReference, :now, :change, :plain, :wildcards, :paths)`,
  listInvalidations: `
    SELECT ${INVALIDATION} FROM invalidation WHERE distribution = ? AND change < ? ORDER BY change DESC LIMIT ?`,
  countInvalidationsAfter: "SELECT count(*) AS count FROM invalidation WHERE distribution = ? AND change > ?",
  sumInvalidationsAfter: `
    SELECT coalesce(sum(plain_count), 0) AS plain, coalesce(sum(wildcard_count), 0) AS wildcards
    FROM invalidation WHERE distribution = ? AND change > ?`,

  insertKey: `
    INSERT INTO access_key (access_key_id, account, user_name, access, created_at_ms, secret)
    VALUES (:accessKeyId, :account, :userName, :access, :createdAtMs, :secret) ON CONFLICT DO NOTHING`,
  deleteKey: "DELETE FROM access_key WHERE access_key_id = ? AND account = ?",
  listKeys: `SELECT ${KEY} FROM access_key ORDER BY account, created_at_ms, rowid`,
  listKeysOfAccount: `SELECT ${KEY} FROM access_key WHERE account = ? ORDER BY created_at_ms, rowid`,
  getKey: `SELECT ${KEY} FROM access_key WHERE access_key_id = ?`,
  insertSession: `
    INSERT INTO session (access_key_id, parent, expires_at_ms, secret, token)
    VALUES (:accessKeyId, :parent, :expiresAtMs, :secret, :token)`,
  deleteSessionsOfKey: "DELETE FROM session WHERE parent = ?",
  deleteSessionsBefore: "DELETE FROM session WHERE expires_at_ms < ?",
  getSession: "SELECT access_key_id, parent, expires_at_ms, secret, token FROM session WHERE access_key_id = ?",

  getLatest: "SELECT coalesce(max(number), 0) AS number FROM feed",
  insertStep: "INSERT INTO feed (number, kind, subject) VALUES (?, ?, ?)",
  deleteStep: "DELETE FROM feed WHERE number = ?",
  deleteInvalidationSteps: `
    DELETE FROM feed WHERE number IN (SELECT change FROM invalidation WHERE distribution = ?)`,
  listSteps: `
    SELECT feed.number, feed.kind, feed.subject,
           resource.account, resource.handle, resource.config, invalidation.distribution, invalidation.paths
    FROM feed
    LEFT JOIN resource ON feed.kind NOT IN ('invalidation', 'removed') AND resource.id = feed.subject
    LEFT JOIN invalidation ON feed.kind = 'invalidation' AND invalidation.id = feed.subject
    WHERE feed.number > ? ORDER BY feed.number LIMIT ?`,
  listEdges: "SELECT through, lease_until_ms FROM edge",
  putEdge: `
    INSERT INTO edge (id, through, lease_until_ms) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET through = excluded.through, lease_until_ms = excluded.lease_until_ms`,
  deleteEdge: "DELETE FROM edge WHERE id = ?",
  deleteEdgesUntil: "DELETE FROM edge WHERE lease_until_ms <= ?",
  getDeployment: "SELECT through FROM deployment WHERE one = 1",
  setDeployment: "UPDATE deployment SET through = ? WHERE one = 1",

  ...BUCKET_QUERIES,
} as const satisfies Record<string, string>;

export type QueryName = keyof typeof QUERIES;
