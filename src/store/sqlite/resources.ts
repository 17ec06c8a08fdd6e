// Resources in SQLite: rows with their config as JSON, and beside them what configs claim of other rows. Each write is
// one transaction that checks and changes together.

import type { AccountId, FeedNumber, ResourceId, Revision } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { changeTags, type Tag } from "../tags.ts";
import { isPublished } from "../publish.ts";
import type { AskedResources, ClaimRefused, Claims, ConfigOf, Resource, ResourceKind, Resources } from "../store.ts";
import { wildcardsOver } from "../wildcard-aliases.ts";
import type { Database } from "./database.ts";

interface ResourceRow {
  readonly id: ResourceId;
  readonly account: AccountId;
  readonly kind: ResourceKind;
  readonly revision: Revision;
  readonly created_at_ms: EpochMs;
  readonly modified_at_ms: EpochMs;
  readonly change: FeedNumber;
  readonly handle: string;
  readonly creation_digest: string;
  readonly config: string;
}

/** Whose claims. */
type Owner = Pick<Resource, "account" | "kind" | "id">;

export function sqliteResources(database: Database): Resources {
  const { statements } = database;

  function find<K extends ResourceKind>(kind: K, account: AccountId, id: ResourceId): Resource<K> | undefined {
    const row = statements.getResource.get(id, account, kind) as ResourceRow | undefined;
    return row === undefined ? undefined : toResource<K>(row);
  }

  /** Where a write of this resource stands in the feed; some kinds take no step of it. */
  function step(kind: ResourceKind, id: ResourceId, replaced?: FeedNumber): FeedNumber {
    return isPublished(kind) ? database.appendStep({ kind, subject: id }, replaced) : database.latest();
  }

  function refusal({ account, kind, id }: Owner, claims: Claims): ClaimRefused | undefined {
    for (const alias of claims.aliases) {
      const holder = statements.getAlias.get(alias.toLowerCase());
      if (holder !== undefined && holder["resource"] !== id) return { kind: "alias-taken", alias };
      if (isOverlapped(alias.toLowerCase(), account)) return { kind: "alias-taken", alias };
    }
    for (const name of claims.names) {
      const holder = statements.getName.get(account, kind, name);
      if (holder !== undefined && holder["resource"] !== id) return { kind: "name-taken", name };
    }
    for (const reference of claims.references) {
      if (statements.getTags.get(reference.id, account, reference.kind) === undefined) {
        return { kind: "reference-absent", reference };
      }
    }
    for (const share of claims.shares) {
      const others = Number(statements.countShare.get(account, share.of, id)?.["count"]);
      if (others >= share.max) return { kind: "share-refused", share };
    }
    return undefined;
  }

  /** By a wildcard of another account, or by its names where this is one. */
  function isOverlapped(alias: string, account: AccountId): boolean {
    const others = [
      ...wildcardsOver(alias).map((wildcard) => statements.getAliasOfOthers.get(wildcard, account)),
      alias.startsWith("*.") ? statements.findAliasBelow.get(alias.slice(1), account) : undefined,
    ];
    return others.some((other) => other !== undefined);
  }

  function hold({ account, kind, id }: Owner, claims: Claims): void {
    for (const alias of claims.aliases) statements.insertAlias.run(alias.toLowerCase(), id);
    for (const name of claims.names) statements.insertName.run(account, kind, name, id);
    for (const reference of claims.references) statements.insertReferenceClaim.run(reference.id, id);
    for (const share of claims.shares) statements.insertShare.run(account, share.of, id);
  }

  function release(id: ResourceId): void {
    statements.deleteAliases.run(id);
    statements.deleteNames.run(id);
    statements.deleteReferenceClaims.run(id);
    statements.deleteShares.run(id);
  }

  function listRows(kind: ResourceKind, account: AccountId, asked: AskedResources): readonly ResourceRow[] {
    const { after, limit, webAclId, claiming } = asked;
    const rows =
      webAclId !== undefined
        ? statements.listResourcesByWebAcl.all(account, kind, webAclId, after, limit)
        : claiming !== undefined
          ? statements.listResourcesByClaim.all(claiming, after, account, kind, limit)
          : statements.listResources.all(account, kind, after, limit);
    return rows as unknown as ResourceRow[];
  }

  return {
    async create(draft, quota, now) {
      const { kind, id, account, reference, config, handle, creationDigest, claims, tags } = draft;
      return database.write(() => {
        const taken = statements.getResourceByReference.get(account, kind, reference) as ResourceRow | undefined;
        if (taken !== undefined) return { kind: "reference-taken", existing: toResource(taken) };

        const tally = statements.getTally.get(account, kind) as { count: number } | undefined;
        if ((tally?.count ?? 0) >= quota) return { kind: "over-quota" };

        const refused = refusal(draft, claims);
        if (refused !== undefined) return refused;

        const change = step(kind, id);
        statements.insertResource.run({
          id,
          account,
          kind,
          reference,
          now,
          change,
          handle,
          creationDigest,
          webAclId: claims.webAclId,
          tags: JSON.stringify(tags),
          config: JSON.stringify(config),
        });
        statements.addToTally.run({ account, kind, by: 1 });
        hold(draft, claims);
        const resource = {
          kind,
          id,
          account,
          config,
          revision: 1 as Revision,
          createdAtMs: now,
          modifiedAtMs: now,
          change,
          handle,
          creationDigest,
        };
        return { kind: "created", resource };
      });
    },

    async get(kind, account, id) {
      return database.remembered(`${kind} ${account} ${id}`, () => find<typeof kind>(kind, account, id));
    },

    async getOfAnyAccount<K extends ResourceKind>(kind: K, id: ResourceId) {
      return database.remembered(`${kind} ${id}`, () => {
        const row = statements.getResourceOfAnyAccount.get(id, kind) as ResourceRow | undefined;
        return row === undefined ? undefined : toResource<K>(row);
      });
    },

    async update(current, next, now) {
      const { kind, account, id } = current;
      return database.write(() => {
        const found = find(kind, account, id);
        if (found === undefined) return { kind: "absent" };
        if (found.revision !== current.revision) return { kind: "conflict" };

        const refused = refusal(current, next.claims);
        if (refused !== undefined) return refused;

        const revision = (found.revision + 1) as Revision;
        const change = step(kind, id, found.change);
        const { config, claims } = next;
        statements.updateResource.run({
          id,
          revision,
          now,
          change,
          webAclId: claims.webAclId,
          config: JSON.stringify(config),
        });
        release(id);
        hold(current, claims);
        return { kind: "updated", resource: { ...found, config, revision, modifiedAtMs: now, change } };
      });
    },

    async delete({ kind, account, id, revision }) {
      return database.write(() => {
        const found = find(kind, account, id);
        if (found === undefined) return { kind: "absent" };
        if (found.revision !== revision) return { kind: "conflict" };
        if (statements.isClaimed.get(id)?.["found"] === 1) return { kind: "in-use" };

        if (isPublished(kind)) {
          database.appendStep({ kind: "removed", subject: id }, found.change);
          statements.deleteInvalidationSteps.run(id);
        }
        statements.deleteResource.run(id); // and with it, by foreign keys, its claims and invalidations
        statements.takeFromTally.run(account, kind);
        return { kind: "deleted" };
      });
    },

    async list<K extends ResourceKind>(kind: K, account: AccountId, asked: AskedResources) {
      return database.read(() => {
        const rows = listRows(kind, account, { ...asked, limit: asked.limit + 1 });
        const items = rows.slice(0, asked.limit).map((row) => toResource<K>(row));
        return { items, isTruncated: rows.length > asked.limit };
      });
    },

    async findIdentity(name) {
      return database.read(() => {
        const row =
          "id" in name
            ? statements.getIdentity.get(name.id)
            : statements.getIdentityByCanonicalUser.get(name.canonicalUserId);
        return row === undefined ? undefined : toResource<"origin-access-identity">(row as unknown as ResourceRow);
      });
    },

    async accountExists(account) {
      return database.read(() => statements.accountExists.get({ account })?.["found"] === 1);
    },

    async tags(kind, account, id) {
      return database.read(() => {
        const row = statements.getTags.get(id, account, kind) as { tags: string } | undefined;
        return row === undefined ? undefined : parseTags(row.tags);
      });
    },

    async changeTags(kind, account, id, change) {
      return database.write(() => {
        const row = statements.getTags.get(id, account, kind) as { tags: string } | undefined;
        if (row === undefined) return { kind: "absent" };
        const tags = changeTags(parseTags(row.tags), change);
        if (tags === undefined) return { kind: "over-limit" };
        statements.updateTags.run(JSON.stringify(tags), id);
        return { kind: "changed" };
      });
    },
  };
}

function toResource<K extends ResourceKind>(row: ResourceRow): Resource<K> {
  return {
    kind: row.kind as K,
    id: row.id,
    account: row.account,
    config: JSON.parse(row.config) as ConfigOf[K],
    revision: row.revision,
    createdAtMs: row.created_at_ms,
    modifiedAtMs: row.modified_at_ms,
    change: row.change,
    handle: row.handle,
    creationDigest: row.creation_digest,
  };
}

function parseTags(text: string): readonly Tag[] {
  return JSON.parse(text) as Tag[];
}
