// What every store promises about resources: references, quotas, revisions, claims, pages, tags.

import assert from "node:assert/strict";
import type { ResourceId, Revision } from "../../vocabulary/ids.ts";
import { NO_CLAIMS, type Reference, type ResourceDraft, type ResourceKind, type Store } from "../store.ts";
import { promisesOf } from "./promise.ts";
import {
  ALICE,
  BOB,
  DRAFTS,
  LATER,
  NOW,
  PLENTY,
  accessControlDraft,
  created,
  distributionConfig,
  distributionDraft,
  identityConfig,
  identityDraft,
  invalidated,
  invalidationDraft,
  keyGroupDraft,
  keyPairDraft,
  publicKeyDraft,
  resourceId,
  streamingConfig,
  streamingDraft,
} from "./samples.ts";

function identity(id: ResourceId): Reference {
  return { kind: "origin-access-identity", id };
}

export function resourcesContract(name: string, open: () => Promise<Store>): void {
  const promise = promisesOf(name, open);

  promise("what was created is there as it was given, at revision 1", async (store) => {
    for (const [index, draftOf] of DRAFTS.entries()) {
      const draft: ResourceDraft = draftOf(index + 1);
      const outcome = await store.resources.create(draft, PLENTY, NOW);
      assert(outcome.kind === "created");
      const { change } = outcome.resource;
      assert.deepEqual(outcome.resource, {
        kind: draft.kind,
        id: draft.id,
        account: ALICE,
        config: draft.config,
        revision: 1,
        createdAtMs: NOW,
        modifiedAtMs: NOW,
        change,
        handle: draft.handle,
        creationDigest: draft.creationDigest,
      });
      assert.deepEqual(await store.resources.get(draft.kind, ALICE, draft.id), outcome.resource);
    }
  });

  promise("a resource is found without its owner, by its kind and id, until it is gone", async (store) => {
    for (const [index, draftOf] of DRAFTS.entries()) {
      const draft: ResourceDraft = { ...draftOf(index + 1), account: index % 2 === 0 ? ALICE : BOB };
      const outcome = await store.resources.create(draft, PLENTY, NOW);
      assert(outcome.kind === "created");
      const { kind, id } = draft;
      assert.deepEqual(await store.resources.getOfAnyAccount(kind, id), outcome.resource);
      const other = kind === "distribution" ? "origin-access-identity" : "distribution";
      assert.equal(await store.resources.getOfAnyAccount(other, id), undefined);
      assert.equal(await store.resources.getOfAnyAccount(kind, resourceId(999)), undefined);
      await store.resources.delete(outcome.resource, NOW);
      assert.equal(await store.resources.getOfAnyAccount(kind, id), undefined);
    }
  });

  promise("an id that was never given out is absent, whatever is asked of it", async (store) => {
    const nobody = { kind: "distribution", account: ALICE, id: resourceId(1), revision: 1 as Revision } as const;
    const next = { config: distributionConfig("r"), claims: NO_CLAIMS };
    assert.equal(await store.resources.get("distribution", ALICE, nobody.id), undefined);
    assert.deepEqual(await store.resources.update(nobody, next, NOW), { kind: "absent" });
    assert.deepEqual(await store.resources.delete(nobody, NOW), { kind: "absent" });
    assert.equal(await store.resources.tags("distribution", ALICE, nobody.id), undefined);
    const change = { put: [], remove: [], tagsMax: 50 };
    assert.deepEqual(await store.resources.changeTags("distribution", ALICE, nobody.id, change), { kind: "absent" });
  });

  promise("an id names a resource of its own kind only", async (store) => {
    await created(store, distributionDraft(1));
    for (const kind of ["streaming-distribution", "origin-access-identity"] as const) {
      assert.equal(await store.resources.get(kind, ALICE, resourceId(1)), undefined);
      assert.equal(await store.resources.tags(kind, ALICE, resourceId(1)), undefined);
    }
  });

  promise(
    "an identity is found by its id and by its canonical user id, whoever's it is, until it is deleted",
    async (store) => {
      const mine = await created(store, { ...identityDraft(1), handle: "a".repeat(64) });
      const theirs = await created(store, { ...identityDraft(2), account: BOB, handle: "b".repeat(64) });
      const distribution = await created(store, distributionDraft(3));
      for (const one of [mine, theirs]) {
        assert.deepEqual(await store.resources.findIdentity({ id: one.id }), one);
        assert.deepEqual(await store.resources.findIdentity({ canonicalUserId: one.handle }), one);
      }
      assert.notEqual(mine.handle, theirs.handle);
      for (const name of [
        { id: distribution.id },
        { canonicalUserId: distribution.handle },
        { id: "" },
        { id: mine.handle },
      ]) {
        assert.equal(await store.resources.findIdentity(name), undefined);
      }
      assert.deepEqual(await store.resources.delete(mine, LATER), { kind: "deleted" });
      assert.equal(await store.resources.findIdentity({ id: mine.id }), undefined);
      assert.equal(await store.resources.findIdentity({ canonicalUserId: mine.handle }), undefined);
    },
  );

  promise("accounts never see each other's resources", async (store) => {
    const resource = await created(store, distributionDraft(1, { tags: [{ Key: "k", Value: "v" }] }));
    const { kind, id, revision } = resource;
    const stranger = { kind, id, revision, account: BOB };
    const next = { config: distributionConfig("r"), claims: NO_CLAIMS };
    assert.equal(await store.resources.get(kind, BOB, id), undefined);
    assert.deepEqual(await store.resources.update(stranger, next, LATER), { kind: "absent" });
    assert.deepEqual(await store.resources.delete(stranger, LATER), { kind: "absent" });
    assert.deepEqual(await store.resources.list(kind, BOB, { after: "", limit: 9 }), { items: [], isTruncated: false });
    assert.equal(await store.resources.tags(kind, BOB, id), undefined);
    const change = { put: [{ Key: "k", Value: "w" }], remove: [], tagsMax: 50 };
    assert.deepEqual(await store.resources.changeTags(kind, BOB, id, change), { kind: "absent" });
    assert.deepEqual(await store.resources.get(kind, ALICE, id), resource);
    assert.deepEqual(await store.resources.tags(kind, ALICE, id), [{ Key: "k", Value: "v" }]);
  });

  promise("a caller reference belongs to the first that used it, and its resource is told", async (store) => {
    for (const [index, draftOf] of DRAFTS.entries()) {
      const [first, second]: readonly ResourceDraft[] = [1, 2].map((number) =>
        draftOf(index * 2 + number, { callerReference: "same" }),
      );
      assert(first !== undefined && second !== undefined);
      const existing = await created(store, first);
      const outcome = await store.resources.create(second, PLENTY, LATER);
      assert.deepEqual(outcome, { kind: "reference-taken", existing });
    }
  });

  promise("a caller reference is told apart by account, kind and the case of its letters", async (store) => {
    await created(store, distributionDraft(1, { callerReference: "same" }));
    await created(store, distributionDraft(2, { callerReference: "SAME" }));
    await created(store, distributionDraft(3, { callerReference: "same", account: BOB }));
    await created(store, streamingDraft(4, { callerReference: "same" }));
    await created(store, identityDraft(5, { callerReference: "same" }));
  });

  promise("50 concurrent creates with one caller reference make exactly one resource", async (store) => {
    const drafts = Array.from({ length: 50 }, (_, index) => distributionDraft(index, { callerReference: "same" }));
    const outcomes = await Promise.all(drafts.map((draft) => store.resources.create(draft, PLENTY, NOW)));
    const made = outcomes.filter((outcome) => outcome.kind === "created");
    const taken = outcomes.filter((outcome) => outcome.kind === "reference-taken");
    assert.equal(made.length, 1);
    assert.equal(taken.length, 49);
    assert.deepEqual(new Set(taken.map((outcome) => outcome.existing.id)), new Set([made[0]?.resource.id]));
    const { items } = await store.resources.list("distribution", ALICE, { after: "", limit: 100 });
    assert.equal(items.length, 1);
  });

  promise("a quota counts the resources of one kind in one account, and a delete makes room", async (store) => {
    const first = await created(store, distributionDraft(1));
    await created(store, distributionDraft(2));
    await created(store, distributionDraft(3, { account: BOB }));
    await created(store, streamingDraft(4));
    assert.deepEqual(await store.resources.create(distributionDraft(5), 2, NOW), { kind: "over-quota" });
    assert.equal((await store.resources.create(streamingDraft(6), 2, NOW)).kind, "created");
    assert.equal((await store.resources.create(distributionDraft(7, { account: BOB }), 2, NOW)).kind, "created");
    assert.deepEqual(await store.resources.delete(first, NOW), { kind: "deleted" });
    assert.equal((await store.resources.create(distributionDraft(5), 2, NOW)).kind, "created");
    assert.deepEqual(await store.resources.create(distributionDraft(8), 2, NOW), { kind: "over-quota" });
    assert.deepEqual(await store.resources.create(identityDraft(9), 0, NOW), { kind: "over-quota" });
  });

  promise("a quota holds under concurrent creates", async (store) => {
    const drafts = Array.from({ length: 20 }, (_, index) => distributionDraft(index));
    const outcomes = await Promise.all(drafts.map((draft) => store.resources.create(draft, 7, NOW)));
    assert.equal(outcomes.filter((outcome) => outcome.kind === "created").length, 7);
    assert.equal(outcomes.filter((outcome) => outcome.kind === "over-quota").length, 13);
  });

  promise("a create is refused for its reference first, then the quota, then its claims", async (store) => {
    await created(store, distributionDraft(1, { callerReference: "same", claims: { aliases: ["a.example.com"] } }));
    const claims = { aliases: ["a.example.com"], references: [identity(resourceId(99))] };
    const kindOf = async (callerReference: string, quota: number, given: typeof claims) => {
      const draft = distributionDraft(2, { callerReference, claims: given });
      return (await store.resources.create(draft, quota, NOW)).kind;
    };
    assert.equal(await kindOf("same", 1, claims), "reference-taken");
    assert.equal(await kindOf("other", 1, claims), "over-quota");
    assert.equal(await kindOf("other", 2, claims), "alias-taken");
    assert.equal(await kindOf("other", 2, { ...claims, aliases: [] }), "reference-absent");
  });

  promise("a refused create leaves nothing behind", async (store) => {
    await created(store, distributionDraft(1, { claims: { aliases: ["a.example.com"] } }));
    const latest = await store.feed.latest();
    const claims = { ...NO_CLAIMS, aliases: ["b.example.com", "a.example.com"] };
    const refused = await store.resources.create(distributionDraft(2, { claims }), PLENTY, NOW);
    assert.deepEqual(refused, { kind: "alias-taken", alias: "a.example.com" });
    assert.equal(await store.resources.get("distribution", ALICE, resourceId(2)), undefined);
    assert.equal(await store.feed.latest(), latest);
    // Neither its id, its reference, its share of the quota nor the alias that was free is held.
    const again = distributionDraft(2, { claims: { aliases: ["b.example.com"] } });
    assert.equal((await store.resources.create(again, 2, NOW)).kind, "created");
  });

  promise("an id given out twice fails that create alone", async (store) => {
    const first = await created(store, distributionDraft(1));
    const latest = await store.feed.latest();
    await assert.rejects(store.resources.create(distributionDraft(1, { callerReference: "other" }), PLENTY, NOW));
    await assert.rejects(store.resources.create(streamingDraft(1, { account: BOB }), PLENTY, NOW));
    assert.deepEqual(await store.resources.get("distribution", ALICE, first.id), first);
    assert.equal(await store.feed.latest(), latest);
    assert.equal((await store.resources.create(distributionDraft(2), 2, NOW)).kind, "created");
  });

  promise("an alias is claimed once over all accounts and kinds, whatever its case", async (store) => {
    await created(store, distributionDraft(1, { claims: { aliases: ["www.example.com"] } }));
    for (const alias of ["www.example.com", "WWW.Example.COM"]) {
      const claims = { aliases: ["free.example.com", alias] };
      for (const draft of [
        distributionDraft(2, { claims }),
        distributionDraft(3, { claims, account: BOB }),
        streamingDraft(4, { claims }),
        streamingDraft(5, { claims, account: BOB }),
      ]) {
        assert.deepEqual(await store.resources.create(draft, PLENTY, NOW), { kind: "alias-taken", alias });
      }
    }
    await created(store, distributionDraft(7, { claims: { aliases: ["Shop.Example.com"] } }));
    const lower = distributionDraft(8, { claims: { aliases: ["shop.example.com"] } });
    assert.equal((await store.resources.create(lower, PLENTY, NOW)).kind, "alias-taken");
    // A wildcard is a name of its own.
    await created(store, distributionDraft(6, { claims: { aliases: ["*.example.com"] } }));
  });

  promise("a wildcard and the names that it covers are one account's", async (store) => {
    const kindOf = async (number: number, account: typeof ALICE, alias: string): Promise<string> =>
      (await store.resources.create(distributionDraft(number, { account, claims: { aliases: [alias] } }), PLENTY, NOW))
        .kind;
    assert.equal(await kindOf(1, ALICE, "a.www.example.com"), "created");
    for (const alias of ["*.www.example.com", "*.example.com", "*.Example.COM"]) {
      assert.equal(await kindOf(2, BOB, alias), "alias-taken", alias);
    }
    assert.equal(await kindOf(4, BOB, "*.w.example.com"), "created");
    assert.equal(await kindOf(5, ALICE, "*.www.example.com"), "created");
    for (const alias of ["b.www.example.com", "c.b.www.example.com", "*.b.www.example.com"]) {
      assert.equal(await kindOf(6, BOB, alias), "alias-taken", alias);
    }
    assert.equal(await kindOf(7, BOB, "www.example.com"), "created", "a wildcard does not cover its own name");
    assert.equal(await kindOf(8, ALICE, "b.www.example.com"), "created");
    assert.equal(await kindOf(9, BOB, "*.a.www.example.com"), "alias-taken", "by the wildcard above it");
  });

  promise("an alias claimed twice by one resource is one claim", async (store) => {
    await created(store, distributionDraft(1, { claims: { aliases: ["www.example.com", "WWW.example.com"] } }));
  });

  promise(
    "an update replaces the config, counts the revision up and keeps what was fixed at creation",
    async (store) => {
      for (const [draft, config] of [
        [distributionDraft(1), distributionConfig("reference 1", { Comment: "new" })],
        [streamingDraft(2), streamingConfig("reference 2", { Comment: "new" })],
        [identityDraft(3), { ...identityConfig("reference 3"), Comment: "new" }],
      ] as const) {
        const before = await created<ResourceKind>(store, draft);
        const outcome = await store.resources.update(before, { config, claims: NO_CLAIMS }, LATER);
        assert(outcome.kind === "updated");
        const { change } = outcome.resource;
        assert.deepEqual(outcome.resource, { ...before, config, revision: 2, modifiedAtMs: LATER, change });
        assert.deepEqual(await store.resources.get(draft.kind, ALICE, draft.id), outcome.resource);
      }
    },
  );

  promise("a write against any revision but the current one is refused", async (store) => {
    const first = await created(store, distributionDraft(1));
    const next = { config: distributionConfig("reference 1", { Comment: "second" }), claims: NO_CLAIMS };
    const outcome = await store.resources.update(first, next, LATER);
    assert(outcome.kind === "updated");
    for (const revision of [1, 3] as Revision[]) {
      assert.deepEqual(await store.resources.update({ ...first, revision }, next, LATER), { kind: "conflict" });
      assert.deepEqual(await store.resources.delete({ ...first, revision }, LATER), { kind: "conflict" });
    }
    assert.deepEqual(await store.resources.get("distribution", ALICE, first.id), outcome.resource);
  });

  promise("of two concurrent updates with one revision one wins", async (store) => {
    const first = await created(store, distributionDraft(1));
    const outcomes = await Promise.all(
      ["one", "other"].map((Comment) => {
        const config = distributionConfig("reference 1", { Comment });
        return store.resources.update(first, { config, claims: NO_CLAIMS }, LATER);
      }),
    );
    assert.deepEqual(outcomes.map((outcome) => outcome.kind).sort(), ["conflict", "updated"]);
    const updated = outcomes.find((outcome) => outcome.kind === "updated");
    assert.deepEqual(await store.resources.get("distribution", ALICE, first.id), updated?.resource);
  });

  promise("an update claims anew: what it drops is free, what it keeps stays its own", async (store) => {
    const first = await created(store, distributionDraft(1, { claims: { aliases: ["a.example", "b.example"] } }));
    const claims = { ...NO_CLAIMS, aliases: ["b.example", "c.example"] };
    const outcome = await store.resources.update(first, { config: first.config, claims }, LATER);
    assert.equal(outcome.kind, "updated");
    await created(store, streamingDraft(2, { account: BOB, claims: { aliases: ["a.example"] } }));
    for (const alias of ["b.example", "c.example"]) {
      const refused = await store.resources.create(streamingDraft(3, { claims: { aliases: [alias] } }), PLENTY, NOW);
      assert.deepEqual(refused, { kind: "alias-taken", alias });
    }
  });

  promise("an update that is refused for a claim changes neither config nor claims", async (store) => {
    await created(store, distributionDraft(1, { claims: { aliases: ["taken.example"] } }));
    const second = await created(store, distributionDraft(2, { claims: { aliases: ["own.example"] } }));
    const latest = await store.feed.latest();
    const config = distributionConfig("reference 2", { Comment: "new" });
    const refusedFor = (claims: Partial<typeof NO_CLAIMS>) =>
      store.resources.update(second, { config, claims: { ...NO_CLAIMS, ...claims } }, LATER);
    assert.deepEqual(await refusedFor({ aliases: ["new.example", "taken.example"] }), {
      kind: "alias-taken",
      alias: "taken.example",
    });
    assert.deepEqual(await refusedFor({ references: [identity(resourceId(99))] }), {
      kind: "reference-absent",
      reference: identity(resourceId(99)),
    });
    assert.deepEqual(await store.resources.get("distribution", ALICE, second.id), second);
    assert.equal(await store.feed.latest(), latest);
    await created(store, distributionDraft(3, { claims: { aliases: ["new.example"] } }));
    const outcome = await store.resources.create(
      distributionDraft(4, { claims: { aliases: ["own.example"] } }),
      9,
      NOW,
    );
    assert.equal(outcome.kind, "alias-taken");
  });

  promise("an update against an old revision is a conflict even when its claims would be refused", async (store) => {
    await created(store, distributionDraft(1, { claims: { aliases: ["taken.example"] } }));
    const second = await created(store, distributionDraft(2));
    const next = { config: second.config, claims: { ...NO_CLAIMS, aliases: ["taken.example"] } };
    const stale = { ...second, revision: 9 as Revision };
    assert.deepEqual(await store.resources.update(stale, next, NOW), { kind: "conflict" });
  });

  promise("a claimed identity must exist in the same account, as an identity", async (store) => {
    const own = await created(store, identityDraft(1));
    const foreign = await created(store, identityDraft(2, { account: BOB }));
    const distribution = await created(store, distributionDraft(3));
    for (const id of [foreign.id, distribution.id, resourceId(99)]) {
      const draft = distributionDraft(4, { claims: { references: [identity(own.id), identity(id)] } });
      assert.deepEqual(await store.resources.create(draft, PLENTY, NOW), {
        kind: "reference-absent",
        reference: identity(id),
      });
    }
    await created(store, distributionDraft(4, { claims: { references: [identity(own.id), identity(own.id)] } }));
  });

  promise("an identity cannot be deleted while a claim on it stands", async (store) => {
    const claimed = await created(store, identityDraft(1));
    const claims = { ...NO_CLAIMS, references: [identity(claimed.id)] };
    const web = await created(store, distributionDraft(2, { claims }));
    const streaming = await created(store, streamingDraft(3, { claims }));
    assert.deepEqual(await store.resources.delete(claimed, NOW), { kind: "in-use" });
    assert.deepEqual(await store.resources.delete(streaming, NOW), { kind: "deleted" });
    assert.deepEqual(await store.resources.delete(claimed, NOW), { kind: "in-use" });
    const kept = await store.resources.update(web, { config: web.config, claims }, NOW);
    assert(kept.kind === "updated");
    assert.deepEqual(await store.resources.delete(claimed, NOW), { kind: "in-use" });
    const dropped = await store.resources.update(kept.resource, { config: web.config, claims: NO_CLAIMS }, NOW);
    assert.equal(dropped.kind, "updated");
    assert.deepEqual(await store.resources.delete(claimed, NOW), { kind: "deleted" });
  });

  promise("of a claim on an identity and its delete at the same moment one is refused", async (store) => {
    for (let round = 0; round < 10; round++) {
      const claimed = await created(store, identityDraft(round * 2));
      const draft = distributionDraft(round * 2 + 1, { claims: { references: [identity(claimed.id)] } });
      const claim = () => store.resources.create(draft, PLENTY, NOW);
      const remove = () => store.resources.delete(claimed, NOW);
      const outcomes = await Promise.all(round % 2 === 0 ? [claim(), remove()] : [remove(), claim()]);
      const kinds = outcomes
        .map((outcome) => outcome.kind)
        .sort()
        .join();
      assert(kinds === "created,in-use" || kinds === "deleted,reference-absent", kinds);
    }
  });

  promise("what may be claimed is a resource of any kind, and only as what it is", async (store) => {
    const key = await created(store, publicKeyDraft(1));
    const references = [{ kind: key.kind, id: key.id }];
    const group = await created(store, keyGroupDraft(2, { claims: { references } }));
    for (const reference of [
      { kind: "public-key", id: group.id },
      { kind: "key-group", id: key.id },
      { kind: "origin-access-control", id: resourceId(99) },
    ] as const) {
      const outcome = await store.resources.create(
        distributionDraft(3, { claims: { references: [reference] } }),
        9,
        NOW,
      );
      assert.deepEqual(outcome, { kind: "reference-absent", reference });
    }
    await created(store, distributionDraft(3, { claims: { references: [{ kind: "key-group", id: group.id }] } }));
    assert.deepEqual(await store.resources.delete(key, NOW), { kind: "in-use" });
    assert.deepEqual(await store.resources.delete(group, NOW), { kind: "in-use" });
  });

  promise("a name is one resource's of its kind in its account, and moves by an update", async (store) => {
    const named = (name: string) => ({ claims: { names: [name] } });
    const first = await created(store, keyGroupDraft(1, named("readers")));
    const refused = await store.resources.create(keyGroupDraft(2, named("readers")), PLENTY, NOW);
    assert.deepEqual(refused, { kind: "name-taken", name: "readers" });
    await created(store, keyGroupDraft(2, named("Readers")));
    await created(store, keyGroupDraft(3, { ...named("readers"), account: BOB }));
    await created(store, accessControlDraft(4, named("readers")));

    const { config } = first;
    const rename = (name: string, current = first) =>
      store.resources.update(current, { config, claims: { ...NO_CLAIMS, names: [name] } }, LATER);
    assert.deepEqual(await rename("Readers"), { kind: "name-taken", name: "Readers" });
    const kept = await rename("readers");
    assert(kept.kind === "updated");
    const renamed = await rename("writers", kept.resource);
    assert(renamed.kind === "updated");
    const next = await created(store, keyGroupDraft(5, named("readers")));
    assert.equal((await rename("readers", renamed.resource)).kind, "name-taken");
    assert.equal((await store.resources.delete(next, NOW)).kind, "deleted");
    assert.equal((await rename("readers", renamed.resource)).kind, "updated");
  });

  promise("a share holds in its account while the claim stands, also under concurrent creates", async (store) => {
    const claims = { shares: [{ of: "active key pairs", max: 2 }] };
    const drafts = Array.from({ length: 12 }, (_, index) => keyPairDraft(index, { claims }));
    const outcomes = await Promise.all(drafts.map((draft) => store.resources.create(draft, PLENTY, NOW)));
    const made = outcomes.flatMap((outcome) => (outcome.kind === "created" ? [outcome.resource] : []));
    assert.equal(made.length, 2);
    assert.deepEqual(outcomes[11], { kind: "share-refused", share: claims.shares[0] });
    await created(store, keyPairDraft(20, { claims, account: BOB }));
    await created(store, keyPairDraft(21, { claims: { shares: [{ of: "something else", max: 1 }] } }));

    const [first, second] = made;
    assert(first !== undefined && second !== undefined);
    const inactive = await created(store, keyPairDraft(22));
    const activate = () => store.resources.update(inactive, { config, claims: { ...NO_CLAIMS, ...claims } }, NOW);
    const { config } = inactive;
    assert.equal((await activate()).kind, "share-refused");
    // What has its share already is not counted twice.
    const again = await store.resources.update(first, { config, claims: { ...NO_CLAIMS, ...claims } }, NOW);
    assert(again.kind === "updated");
    assert.equal((await store.resources.update(again.resource, { config, claims: NO_CLAIMS }, NOW)).kind, "updated");
    assert.equal((await activate()).kind, "updated");
    assert.equal((await store.resources.delete(second, NOW)).kind, "deleted");
    await created(store, keyPairDraft(23, { claims }));
  });

  promise("a list of those that claim a resource has them alone, in pages", async (store) => {
    const group = await created(store, keyGroupDraft(50));
    const other = await created(store, keyGroupDraft(51));
    const claims = (...ids: readonly ResourceId[]) => ({
      claims: { references: ids.map((id) => ({ kind: "key-group", id }) as const) },
    });
    await created(store, distributionDraft(1, claims(group.id)));
    await created(store, distributionDraft(2, claims(other.id)));
    await created(store, distributionDraft(3, claims(other.id, group.id)));
    await created(store, distributionDraft(4));
    await created(store, streamingDraft(5, claims(group.id)));
    await created(store, distributionDraft(6, claims(group.id)));
    const page = async (after: string, limit: number) => {
      const found = await store.resources.list("distribution", ALICE, { after, limit, claiming: group.id });
      return [...found.items.map(({ id }) => id), found.isTruncated];
    };
    assert.deepEqual(await page("", 9), [resourceId(1), resourceId(3), resourceId(6), false]);
    assert.deepEqual(await page("", 2), [resourceId(1), resourceId(3), true]);
    assert.deepEqual(await page(resourceId(3), 2), [resourceId(6), false]);
    const stranger = await store.resources.list("distribution", BOB, { after: "", limit: 9, claiming: group.id });
    assert.deepEqual(stranger.items, []);
  });

  promise("a delete takes everything of the resource along", async (store) => {
    const claims = { ...NO_CLAIMS, aliases: ["www.example.com"], webAclId: "acl" };
    const draft = distributionDraft(1, { claims, tags: [{ Key: "k", Value: "v" }] });
    const resource = await created(store, draft);
    const invalidation = await invalidated(store, invalidationDraft(1, resource.id));
    assert.deepEqual(await store.resources.delete(resource, LATER), { kind: "deleted" });
    assert.deepEqual(await store.resources.delete(resource, LATER), { kind: "absent" });
    assert.equal(await store.resources.get("distribution", ALICE, resource.id), undefined);
    assert.equal(await store.resources.tags("distribution", ALICE, resource.id), undefined);
    for (const webAclId of [undefined, "acl", ""]) {
      const page = { after: "", limit: 9, ...(webAclId === undefined ? {} : { webAclId }) };
      assert.deepEqual((await store.resources.list("distribution", ALICE, page)).items, []);
    }
    assert.equal(await store.invalidations.get(invalidation.distribution, invalidation.id), undefined);
    assert.equal(await store.resources.accountExists(ALICE), false);
  });

  promise("after a delete its caller reference, aliases and share of the quota are free again", async (store) => {
    for (const [index, draftOf] of DRAFTS.entries()) {
      const change = { callerReference: "again", claims: index < 2 ? { aliases: [`${index}.example`] } : {} };
      const first = await created(store, draftOf(index * 2 + 1, change));
      assert.deepEqual(await store.resources.delete(first, NOW), { kind: "deleted" });
      const second = await store.resources.create(draftOf(index * 2 + 2, change), 1, LATER);
      assert(second.kind === "created");
      assert.equal(second.resource.revision, 1);
      assert.equal(second.resource.createdAtMs, LATER);
    }
  });

  promise("pages hold the resources of one kind and account in order of id", async (store) => {
    for (const number of [5, 3, 9, 1, 7]) await created(store, distributionDraft(number));
    await created(store, distributionDraft(2, { account: BOB }));
    await created(store, streamingDraft(4));
    for (const { after, limit, numbers, isTruncated } of [
      { after: "", limit: 100, numbers: [1, 3, 5, 7, 9], isTruncated: false },
      { after: "", limit: 5, numbers: [1, 3, 5, 7, 9], isTruncated: false },
      { after: "", limit: 4, numbers: [1, 3, 5, 7], isTruncated: true },
      { after: resourceId(3), limit: 2, numbers: [5, 7], isTruncated: true },
      { after: resourceId(5), limit: 2, numbers: [7, 9], isTruncated: false },
      { after: resourceId(9), limit: 2, numbers: [], isTruncated: false },
      // A marker need not name anything: it is a place in the order.
      { after: resourceId(4), limit: 1, numbers: [5], isTruncated: true },
    ]) {
      const page = await store.resources.list("distribution", ALICE, { after, limit });
      assert.deepEqual(
        page.items.map(({ id }) => id),
        numbers.map(resourceId),
        `after ${after}, ${limit}`,
      );
      assert.equal(page.isTruncated, isTruncated, `after ${after}, ${limit}`);
    }
    const [first] = (await store.resources.list("distribution", ALICE, { after: "", limit: 1 })).items;
    assert.deepEqual(first, await store.resources.get("distribution", ALICE, resourceId(1)));
  });

  promise("a list by web ACL keeps what claims it, page by page, and follows updates", async (store) => {
    for (const number of [1, 2, 3]) await created(store, distributionDraft(number, { claims: { webAclId: "acl" } }));
    const plain = await created(store, distributionDraft(4));
    await created(store, distributionDraft(5, { claims: { webAclId: "acl" }, account: BOB }));
    const ids = async (webAclId: string, after = "", limit = 100) => {
      const page = await store.resources.list("distribution", ALICE, { after, limit, webAclId });
      return [...page.items.map(({ id }) => id), page.isTruncated];
    };
    assert.deepEqual(await ids("acl", "", 2), [resourceId(1), resourceId(2), true]);
    assert.deepEqual(await ids("acl", resourceId(2), 2), [resourceId(3), false]);
    assert.deepEqual(await ids("", "", 1), [resourceId(4), false]);
    assert.deepEqual(await ids("another"), [false]);
    const claims = { ...NO_CLAIMS, webAclId: "another" };
    await store.resources.update(plain, { config: plain.config, claims }, LATER);
    assert.deepEqual(await ids("another"), [resourceId(4), false]);
    assert.deepEqual(await ids(""), [false]);
  });

  promise("an account exists while it owns a resource or a key", async (store) => {
    assert.equal(await store.resources.accountExists(ALICE), false);
    const identity = await created(store, identityDraft(1));
    assert.equal(await store.resources.accountExists(ALICE), true);
    assert.equal(await store.resources.accountExists(BOB), false);
    await store.resources.delete(identity, NOW);
    assert.equal(await store.resources.accountExists(ALICE), false);
  });

  promise("tags begin as drafted; a replaced one keeps its place, a new one comes last", async (store) => {
    const tag = (Key: string, Value: string) => ({ Key, Value });
    const draft = distributionDraft(1, { tags: [tag("b", "1"), tag("a", "2"), tag("__proto__", "")] });
    const resource = await created(store, draft);
    assert.deepEqual(await store.resources.tags("distribution", ALICE, draft.id), draft.tags);
    for (const { put, remove, tags } of [
      { put: [tag("c", "3"), tag("b", "4")], remove: [], tags: "b=4 a=2 __proto__= c=3" },
      { put: [], remove: ["a", "absent"], tags: "b=4 __proto__= c=3" },
      { put: [tag("a", "5"), tag("B", "6")], remove: ["c", "__proto__"], tags: "b=4 a=5 B=6" },
      { put: [tag("d", "7")], remove: ["d"], tags: "b=4 a=5 B=6" },
      { put: [], remove: ["b", "a", "B"], tags: "" },
    ]) {
      const change = { put, remove, tagsMax: 50 };
      assert.deepEqual(await store.resources.changeTags("distribution", ALICE, draft.id, change), { kind: "changed" });
      const found = await store.resources.tags("distribution", ALICE, draft.id);
      assert.equal(found?.map(({ Key, Value }) => `${Key}=${Value}`).join(" "), tags);
    }
    assert.deepEqual(await store.resources.get("distribution", ALICE, draft.id), resource);
  });

  promise("tags beyond the limit change nothing; the limit counts what would be left", async (store) => {
    const tags = [1, 2, 3].map((number) => ({ Key: `k${number}`, Value: "" }));
    const { id } = await created(store, distributionDraft(1, { tags }));
    const more = { Key: "k4", Value: "" };
    const put = (change: { put: typeof tags; remove: string[] }) =>
      store.resources.changeTags("distribution", ALICE, id, { ...change, tagsMax: 3 });
    assert.deepEqual(await put({ put: [{ Key: "k1", Value: "new" }, more], remove: [] }), { kind: "over-limit" });
    assert.deepEqual(await store.resources.tags("distribution", ALICE, id), tags);
    assert.deepEqual(await put({ put: [more], remove: ["k1"] }), { kind: "changed" });
    assert.deepEqual(await store.resources.tags("distribution", ALICE, id), [...tags.slice(1), more]);
  });

  promise("an update leaves the tags alone", async (store) => {
    const tags = [{ Key: "k", Value: "v" }];
    const resource = await created(store, distributionDraft(1, { tags }));
    await store.resources.update(resource, { config: resource.config, claims: NO_CLAIMS }, LATER);
    assert.deepEqual(await store.resources.tags("distribution", ALICE, resource.id), tags);
  });
}
