// Resources in SQLite: rows with their config as JSON, and beside them what configs claim of other rows. Each write is
// one transaction that checks and changes together.

import type { AccountId, FeedNumber, ResourceId, Revision } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { changeTags } from "../change-tags.ts";
import type { ClaimRefused, Claims, ConfigOf, Resource, ResourceKind, Resources, Tag } from "../store.ts";
import type { Database, Step } from "./database.ts";

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

export function sqliteResources(database: Database): Resources {
  const { statements } = database;

  function find<K extends ResourceKind>(kind: K, account: AccountId, id: ResourceId): Resource<K> | undefined {
    const row = statements.getResource.get(id, account, kind) as ResourceRow | undefined;
    return row === undefined ? undefined : toResource<K>(row);
  }

  /** Where a write of this resource stands in the feed; identities take no step of it. */
  function step(kind: ResourceKind, id: ResourceId, replaced?: FeedNumber): FeedNumber {
    if (kind === "origin-access-identity") return database.latest();
    return database.appendStep({ kind, subject: id } satisfies Step, replaced);
  }

  function refusal(account: AccountId, id: ResourceId, claims: Claims): ClaimRefused | undefined {
    for (const alias of claims.aliases) {
      const holder = statements.getAlias.get(alias.toLowerCase());
      if (holder !== undefined && holder["resource"] !== id) return { kind: "alias-taken", alias };
    }
    for (const identity of claims.identities) {
      if (statements.getResource.get(identity, account, "origin-access-identity") === undefined) {
        return { kind: "identity-absent", id: identity };
      }
    }
    return undefined;
  }

  function hold(id: ResourceId, claims: Claims): void {
    for (const alias of claims.aliases) statements.insertAlias.run(alias.toLowerCase(), id);
    for (const identity of claims.identities) statements.insertIdentityClaim.run(identity, id);
  }

  return {
    async create(draft, quota, now) {
      const { kind, id, account, config, handle, creationDigest, claims, tags } = draft;
      return database.write(() => {
        const callerReference = config.CallerReference;
        const taken = statements.getResourceByReference.get(account, kind, callerReference) as ResourceRow | undefined;
        if (taken !== undefined) return { kind: "caller-reference-taken", existing: toResource(taken) };

        const tally = statements.getTally.get(account, kind) as { count: number } | undefined;
        if ((tally?.count ?? 0) >= quota) return { kind: "over-quota" };

        const refused = refusal(account, id, claims);
        if (refused !== undefined) return refused;

        const change = step(kind, id);
        statements.insertResource.run({
          id,
          account,
          kind,
          callerReference,
          now,
          change,
          handle,
          creationDigest,
          webAclId: claims.webAclId,
          tags: JSON.stringify(tags),
          config: JSON.stringify(config),
        });
        statements.addToTally.run({ account, kind, by: 1 });
        hold(id, claims);
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

    async update(current, next, now) {
      const { kind, account, id } = current;
      return database.write(() => {
        const found = find(kind, account, id);
        if (found === undefined) return { kind: "absent" };
        if (found.revision !== current.revision) return { kind: "conflict" };

        const refused = refusal(account, id, next.claims);
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
        statements.deleteAliases.run(id);
        statements.deleteIdentityClaims.run(id);
        hold(id, claims);
        return { kind: "updated", resource: { ...found, config, revision, modifiedAtMs: now, change } };
      });
    },

    async delete({ kind, account, id, revision }) {
      return database.write(() => {
        const found = find(kind, account, id);
        if (found === undefined) return { kind: "absent" };
        if (found.revision !== revision) return { kind: "conflict" };
        if (statements.isIdentityClaimed.get(id)?.["found"] === 1) return { kind: "in-use" };

        if (kind !== "origin-access-identity") {
          database.appendStep({ kind: "removed", subject: id }, found.change);
          statements.deleteInvalidationSteps.run(id);
        }
        statements.deleteResource.run(id); // and with it, by foreign keys, its claims and invalidations
        statements.takeFromTally.run(account, kind);
        return { kind: "deleted" };
      });
    },

    async list<K extends ResourceKind>(
      kind: K,
      account: AccountId,
      page: { readonly after: string; readonly limit: number; readonly webAclId?: string },
    ) {
      return database.read(() => {
        const { after, limit, webAclId } = page;
        const rows = (webAclId === undefined
          ? statements.listResources.all(account, kind, after, limit + 1)
          : statements.listResourcesByWebAcl.all(
              account,
              kind,
              webAclId,
              after,
              limit + 1,
            )) as unknown as ResourceRow[];
        return { items: rows.slice(0, limit).map((row) => toResource<K>(row)), isTruncated: rows.length > limit };
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
