// Access keys and sessions in SQLite. Secrets are stored as they are: SigV4 needs them to compute signatures, so the
// protection is the file's mode.

import type { AccessKeyId, AccountId } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { AccessKey, Credentials } from "../store.ts";
import type { Database } from "./database.ts";

interface KeyRow {
  readonly access_key_id: AccessKeyId;
  readonly account: AccountId;
  readonly user_name: string;
  readonly access: AccessKey["access"];
  readonly created_at_ms: EpochMs;
  readonly secret: string;
}

interface SessionRow {
  readonly access_key_id: AccessKeyId;
  readonly parent: AccessKeyId;
  readonly expires_at_ms: EpochMs;
  readonly secret: string;
  readonly token: string;
}

export function sqliteCredentials(database: Database): Credentials {
  const { statements } = database;

  return {
    async createKey({ accessKeyId, secret, account, userName, access, createdAtMs }) {
      return database.write(() => {
        const row = { accessKeyId, secret, account, userName, access, createdAtMs };
        return statements.insertKey.run(row).changes === 1;
      });
    },

    async deleteKey(account, id) {
      return database.write(() => {
        const isDeleted = statements.deleteKey.run(id, account).changes === 1;
        if (isDeleted) statements.deleteSessionsOfKey.run(id);
        return isDeleted;
      });
    },

    async listKeys(account) {
      return database.read(() => {
        const rows = account === undefined ? statements.listKeys.all() : statements.listKeysOfAccount.all(account);
        return (rows as unknown as KeyRow[]).map(toKey);
      });
    },

    async findKey(id) {
      return database.read(() => {
        const row = statements.getKey.get(id) as KeyRow | undefined;
        return row === undefined ? undefined : toKey(row);
      });
    },

    async createSession({ accessKeyId, secret, token, parent, expiresAtMs }, now) {
      database.write(() => {
        statements.deleteSessionsBefore.run(now);
        statements.insertSession.run({ accessKeyId, secret, token, parent, expiresAtMs });
      });
    },

    async findSession(id) {
      return database.read(() => {
        const row = statements.getSession.get(id) as SessionRow | undefined;
        if (row === undefined) return undefined;
        return {
          accessKeyId: row.access_key_id,
          secret: row.secret,
          token: row.token,
          parent: row.parent,
          expiresAtMs: row.expires_at_ms,
        };
      });
    },
  };
}

function toKey(row: KeyRow): AccessKey {
  return {
    accessKeyId: row.access_key_id,
    secret: row.secret,
    account: row.account,
    userName: row.user_name,
    access: row.access,
    createdAtMs: row.created_at_ms,
  };
}
