// A store in memory: the smallest thing that keeps the promises, for tests and for trying things out. Nothing here is
// fast or lasting. Calls do not await, so each one is a transaction by itself.

import type {
  AccountId,
  DistributionId,
  EdgeId,
  FeedNumber,
  InvalidationId,
  ResourceId,
  Revision,
} from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { changeTags, type Tag } from "../tags.ts";
import { countPaths } from "../count-paths.ts";
import { computeDeployedThrough, type EdgeProgress } from "../deployed-through.ts";
import { isPublished, publish } from "../publish.ts";
import { wildcardsOver } from "../wildcard-aliases.ts";
import { memoryBuckets, type MemoryBuckets } from "./memory-buckets.ts";
import type {
  AccessKey,
  AskedResources,
  Change,
  ClaimRefused,
  Claims,
  ConfigOf,
  Credentials,
  Feed,
  Invalidation,
  Invalidations,
  Page,
  Resource,
  ResourceDraft,
  ResourceKind,
  Resources,
  Session,
  Store,
} from "../store.ts";

interface Held {
  readonly resource: Resource;
  /** Fixed at creation. */
  readonly reference: string;
  readonly claims: Claims;
  readonly tags: readonly Tag[];
}

interface State {
  readonly resources: Map<ResourceId, Held>;
  readonly invalidations: Map<InvalidationId, Invalidation>;
  /** Where in the feed a resource that is gone was removed. */
  readonly removals: Map<ResourceId, FeedNumber>;
  readonly keys: Map<string, AccessKey>;
  readonly sessions: Map<string, Session>;
  readonly edges: Map<EdgeId, EdgeProgress>;
  readonly listeners: Set<() => void>;
  readonly buckets: MemoryBuckets;
  latest: FeedNumber;
  deployed: FeedNumber;
}

/** A new, empty store; what is in it goes with it. */
export async function openMemoryStore(): Promise<Store> {
  const state: State = {
    resources: new Map(),
    invalidations: new Map(),
    removals: new Map(),
    keys: new Map(),
    sessions: new Map(),
    edges: new Map(),
    listeners: new Set(),
    buckets: memoryBuckets(),
    latest: 0 as FeedNumber,
    deployed: 0 as FeedNumber,
  };
  return {
    resources: memoryResources(state),
    invalidations: memoryInvalidations(state),
    credentials: memoryCredentials(state),
    feed: memoryFeed(state),
    buckets: state.buckets,
    clear: async () => clear(state),
    [Symbol.asyncDispose]: async () => state.listeners.clear(),
  };
}

function clear(state: State): readonly string[] {
  for (const [id, { resource }] of state.resources) {
    if (isPublished(resource.kind)) state.removals.set(id, nextStep(state));
  }
  for (const map of [state.resources, state.invalidations, state.keys, state.sessions]) map.clear();
  return state.buckets.clear();
}

function memoryResources(state: State): Resources {
  function find(kind: ResourceKind, account: AccountId, id: ResourceId): Held | undefined {
    const held = state.resources.get(id);
    return held?.resource.kind === kind && held.resource.account === account ? held : undefined;
  }

  /** In order of id. */
  function ofAccount(kind: ResourceKind, account: AccountId): Held[] {
    return [...state.resources.values()]
      .filter(({ resource }) => resource.kind === kind && resource.account === account)
      .sort((one, other) => (one.resource.id < other.resource.id ? -1 : 1));
  }

  function refusal(
    { account, kind, id }: Pick<Resource, "account" | "kind" | "id">,
    claims: Claims,
  ): ClaimRefused | undefined {
    const others = [...state.resources.values()].filter((held) => held.resource.id !== id);
    const taken = new Set(others.flatMap((held) => held.claims.aliases.map((name) => name.toLowerCase())));
    const foreign = others
      .filter(({ resource }) => resource.account !== account)
      .flatMap((held) => held.claims.aliases.map((name) => name.toLowerCase()));
    const isOverlapped = (name: string): boolean =>
      wildcardsOver(name).some((wildcard) => foreign.includes(wildcard)) ||
      (name.startsWith("*.") && foreign.some((other) => other.endsWith(name.slice(1))));
    const alias = claims.aliases.find((name) => taken.has(name.toLowerCase()) || isOverlapped(name.toLowerCase()));
    if (alias !== undefined) return { kind: "alias-taken", alias };
    const own = others.filter(({ resource }) => resource.account === account);
    const siblings = own.filter(({ resource }) => resource.kind === kind);
    const name = claims.names.find((wanted) => siblings.some((held) => held.claims.names.includes(wanted)));
    if (name !== undefined) return { kind: "name-taken", name };
    const reference = claims.references.find((wanted) => find(wanted.kind, account, wanted.id) === undefined);
    if (reference !== undefined) return { kind: "reference-absent", reference };
    const share = claims.shares.find(
      ({ of, max }) => own.filter((held) => held.claims.shares.some((taken) => taken.of === of)).length >= max,
    );
    return share === undefined ? undefined : { kind: "share-refused", share };
  }

  function step(kind: ResourceKind): FeedNumber {
    return isPublished(kind) ? nextStep(state) : state.latest;
  }

  return {
    async create<K extends ResourceKind>(draft: ResourceDraft<K>, quota: number, now: EpochMs) {
      const { kind, id, account, reference, config, handle, creationDigest, claims, tags } = draft;
      const siblings = ofAccount(kind, account);
      const existing = siblings.find((held) => held.reference === reference);
      if (existing !== undefined) return { kind: "reference-taken", existing: existing.resource as Resource<K> };
      if (siblings.length >= quota) return { kind: "over-quota" };
      const refused = refusal(draft, claims);
      if (refused !== undefined) return refused;
      if (state.resources.has(id)) throw new Error(`${id} was given out twice`);

      const resource: Resource<K> = {
        kind,
        id,
        account,
        config: structuredClone(config),
        revision: 1 as Revision,
        createdAtMs: now,
        modifiedAtMs: now,
        change: step(kind),
        handle,
        creationDigest,
      };
      state.resources.set(id, { resource, reference, claims, tags: structuredClone(tags) });
      return { kind: "created", resource };
    },

    async get<K extends ResourceKind>(kind: K, account: AccountId, id: ResourceId) {
      return find(kind, account, id)?.resource as Resource<K> | undefined;
    },

    async getOfAnyAccount<K extends ResourceKind>(kind: K, id: ResourceId) {
      const resource = state.resources.get(id)?.resource;
      return resource?.kind === kind ? (resource as Resource<K>) : undefined;
    },

    async update<K extends ResourceKind>(
      current: Pick<Resource<K>, "kind" | "account" | "id" | "revision">,
      next: { readonly config: ConfigOf[K]; readonly claims: Claims },
      now: EpochMs,
    ) {
      const { kind, account, id } = current;
      const held = find(kind, account, id);
      if (held === undefined) return { kind: "absent" };
      if (held.resource.revision !== current.revision) return { kind: "conflict" };
      const refused = refusal(current, next.claims);
      if (refused !== undefined) return refused;

      const resource: Resource<K> = {
        ...(held.resource as Resource<K>),
        config: structuredClone(next.config),
        revision: (current.revision + 1) as Revision,
        modifiedAtMs: now,
        change: step(kind),
      };
      state.resources.set(id, { ...held, resource, claims: next.claims });
      return { kind: "updated", resource };
    },

    async delete({ kind, account, id, revision }) {
      const held = find(kind, account, id);
      if (held === undefined) return { kind: "absent" };
      if (held.resource.revision !== revision) return { kind: "conflict" };
      const all = [...state.resources.values()];
      if (all.some(({ claims }) => claims.references.some((reference) => reference.id === id))) {
        return { kind: "in-use" };
      }

      state.resources.delete(id);
      for (const invalidation of state.invalidations.values()) {
        if (invalidation.distribution === id) state.invalidations.delete(invalidation.id);
      }
      if (isPublished(kind)) state.removals.set(id, nextStep(state));
      return { kind: "deleted" };
    },

    async list<K extends ResourceKind>(kind: K, account: AccountId, asked: AskedResources) {
      const { after, limit, webAclId, claiming } = asked;
      const rest = ofAccount(kind, account)
        .filter(({ claims }) => webAclId === undefined || claims.webAclId === webAclId)
        .filter(({ claims }) => claiming === undefined || claims.references.some(({ id }) => id === claiming))
        .filter(({ resource }) => resource.id > after);
      return firstPage(
        rest.map(({ resource }) => resource as Resource<K>),
        limit,
      );
    },

    async findIdentity(name) {
      for (const { resource } of state.resources.values()) {
        const isMeant = "id" in name ? resource.id === name.id : resource.handle === name.canonicalUserId;
        if (isMeant && resource.kind === "origin-access-identity")
          return resource as Resource<"origin-access-identity">;
      }
      return undefined;
    },

    async accountExists(account) {
      const owners = [...state.resources.values()].map(({ resource }) => resource.account);
      const holders = [...state.keys.values()].map((key) => key.account);
      return [...owners, ...holders, ...state.buckets.owners()].includes(account);
    },

    async tags(kind, account, id) {
      return find(kind, account, id)?.tags;
    },

    async changeTags(kind, account, id, change) {
      const held = find(kind, account, id);
      if (held === undefined) return { kind: "absent" };
      const tags = changeTags(held.tags, change);
      if (tags === undefined) return { kind: "over-limit" };
      state.resources.set(id, { ...held, tags });
      return { kind: "changed" };
    },
  };
}

function memoryInvalidations(state: State): Invalidations {
  /** Newest first. */
  function ofDistribution(distribution: DistributionId): Invalidation[] {
    return [...state.invalidations.values()]
      .filter((invalidation) => invalidation.distribution === distribution)
      .sort((one, other) => other.change - one.change);
  }

  return {
    async create(draft, limits, now) {
      const { id, distribution, callerReference, paths, account } = draft;
      const owner = state.resources.get(distribution)?.resource;
      if (owner?.kind !== "distribution" || owner.account !== account) return { kind: "no-distribution" };
      const seen = ofDistribution(distribution);
      const existing = seen.find((invalidation) => invalidation.callerReference === callerReference);
      if (existing !== undefined) return { kind: "caller-reference-taken", existing };

      const through = computeDeployedThrough(state.deployed, state.edges.values(), now);
      const inProgress = seen.filter((invalidation) => invalidation.change > through);
      const { plain, wildcards } = countPaths([...inProgress.flatMap((invalidation) => invalidation.paths), ...paths]);
      if (plain > limits.pathsInProgressMax) return { kind: "too-many-paths" };
      if (wildcards > limits.wildcardsInProgressMax) return { kind: "too-many-wildcards" };

      if (state.invalidations.has(id)) throw new Error(`${id} was given out twice`);
      const change = nextStep(state);
      const invalidation = { id, distribution, callerReference, paths: [...paths], createdAtMs: now, change };
      state.invalidations.set(id, invalidation);
      return { kind: "created", invalidation };
    },

    async get(distribution, id) {
      const invalidation = state.invalidations.get(id);
      return invalidation?.distribution === distribution ? invalidation : undefined;
    },

    async list(distribution, { after, limit }) {
      const all = ofDistribution(distribution);
      const last = all.findIndex((invalidation) => invalidation.id === after);
      if (after !== undefined && last === -1) return undefined;
      return firstPage(all.slice(last + 1), limit);
    },

    async countAfter(distribution, through) {
      return ofDistribution(distribution).filter((invalidation) => invalidation.change > through).length;
    },
  };
}

function memoryCredentials(state: State): Credentials {
  return {
    async createKey(key) {
      if (state.keys.has(key.accessKeyId)) return false;
      state.keys.set(key.accessKeyId, key);
      return true;
    },

    async deleteKey(account, id) {
      if (state.keys.get(id)?.account !== account) return false;
      state.keys.delete(id);
      for (const session of state.sessions.values()) {
        if (session.parent === id) state.sessions.delete(session.accessKeyId);
      }
      return true;
    },

    async listKeys(account) {
      return [...state.keys.values()]
        .filter((key) => account === undefined || key.account === account)
        .sort((one, other) =>
          one.account === other.account ? one.createdAtMs - other.createdAtMs : one.account < other.account ? -1 : 1,
        );
    },

    async findKey(id) {
      return state.keys.get(id);
    },

    async createSession(session, now) {
      for (const { accessKeyId, expiresAtMs } of state.sessions.values()) {
        if (expiresAtMs < now) state.sessions.delete(accessKeyId);
      }
      state.sessions.set(session.accessKeyId, session);
    },

    async findSession(id) {
      return state.sessions.get(id);
    },
  };
}

function memoryFeed(state: State): Feed {
  function reach(now: EpochMs): FeedNumber {
    state.deployed = computeDeployedThrough(state.deployed, state.edges.values(), now);
    return state.deployed;
  }

  return {
    async changesAfter(after, limit) {
      const changes: Change[] = [
        ...[...state.resources.values()].flatMap(({ resource }) => publish(resource.change, resource) ?? []),
        ...Array.from(state.removals, ([id, number]) => ({ kind: "removed", number, id }) as const),
        ...[...state.invalidations.values()].map(({ id, distribution, paths, change }) => ({
          kind: "invalidation" as const,
          number: change,
          invalidation: { id, distribution, paths },
        })),
      ];
      return changes
        .filter(({ number }) => number > after)
        .sort((one, other) => one.number - other.number)
        .slice(0, limit);
    },

    async latest() {
      return state.latest;
    },

    async acknowledge(edge, through, leaseUntilMs, now) {
      reach(now);
      for (const [id, { leaseUntilMs: until }] of state.edges) if (until <= now) state.edges.delete(id);
      state.edges.set(edge, { through: Math.min(through, state.latest) as FeedNumber, leaseUntilMs });
    },

    async retire(edge, now) {
      reach(now);
      state.edges.delete(edge);
    },

    async deployedThrough(now) {
      return reach(now);
    },

    subscribe(listener) {
      const own = (): void => listener(); // the same function may be subscribed twice
      state.listeners.add(own);
      return { [Symbol.dispose]: () => void state.listeners.delete(own) };
    },
  };
}

function nextStep(state: State): FeedNumber {
  state.latest = (state.latest + 1) as FeedNumber;
  for (const listener of state.listeners) setImmediate(() => state.listeners.has(listener) && listener());
  return state.latest;
}

function firstPage<T>(rest: readonly T[], limit: number): Page<T> {
  return { items: rest.slice(0, limit), isTruncated: rest.length > limit };
}
