// What every store promises about invalidations: references, order, and how many may be in progress.

import assert from "node:assert/strict";
import type { EdgeId } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { Store } from "../store.ts";
import { promisesOf } from "./promise.ts";
import {
  BOB,
  LATER,
  NOW,
  NO_LIMITS,
  created,
  distributionDraft,
  feedNumber,
  identityDraft,
  invalidated,
  invalidationDraft,
  invalidationId,
  resourceId,
  streamingDraft,
} from "./samples.ts";

export function invalidationsContract(name: string, open: () => Promise<Store>): void {
  const promise = promisesOf(name, open);

  promise("an invalidation is there as it was given, for its own distribution", async (store) => {
    await created(store, distributionDraft(1));
    await created(store, distributionDraft(2));
    const draft = invalidationDraft(1, resourceId(1), { paths: ["/b", "/a*", "/b", "/ü?x=1"] });
    const outcome = await store.invalidations.create(draft, NO_LIMITS, LATER);
    assert(outcome.kind === "created");
    const { id, distribution, callerReference, paths } = draft;
    const { change } = outcome.invalidation;
    assert.deepEqual(outcome.invalidation, { id, distribution, callerReference, paths, createdAtMs: LATER, change });
    assert.equal(change, await store.feed.latest());
    assert.deepEqual(await store.invalidations.get(distribution, id), outcome.invalidation);
    assert.equal(await store.invalidations.get(invalidationDraft(1, resourceId(2)).distribution, id), undefined);
    assert.equal(await store.invalidations.get(distribution, invalidationId(2)), undefined);
  });

  promise("only a distribution of the account can be invalidated", async (store) => {
    const { id } = await created(store, distributionDraft(1));
    const streaming = await created(store, streamingDraft(2));
    const identity = await created(store, identityDraft(3));
    for (const draft of [
      invalidationDraft(1, id, { account: BOB }),
      invalidationDraft(1, streaming.id),
      invalidationDraft(1, identity.id),
      invalidationDraft(1, resourceId(99)),
    ]) {
      assert.deepEqual(await store.invalidations.create(draft, NO_LIMITS, NOW), { kind: "no-distribution" });
    }
  });

  promise("a caller reference answers with the batch that carried it, each distribution for itself", async (store) => {
    const { id } = await created(store, distributionDraft(1));
    const other = await created(store, distributionDraft(2));
    const existing = await invalidated(store, invalidationDraft(1, id, { callerReference: "same" }));
    const repeat = invalidationDraft(2, id, { callerReference: "same", paths: ["/other"] });
    // Even when there would be no room for another.
    for (const limits of [NO_LIMITS, { pathsInProgressMax: 0, wildcardsInProgressMax: 0 }]) {
      const outcome = await store.invalidations.create(repeat, limits, LATER);
      assert.deepEqual(outcome, { kind: "caller-reference-taken", existing });
    }
    await invalidated(store, invalidationDraft(3, id, { callerReference: "SAME" }));
    await invalidated(store, invalidationDraft(4, other.id, { callerReference: "same" }));
  });

  promise("an id given out twice fails that invalidation alone", async (store) => {
    const { id } = await created(store, distributionDraft(1));
    const first = await invalidated(store, invalidationDraft(1, id));
    const twice = invalidationDraft(1, id, { callerReference: "other" });
    await assert.rejects(store.invalidations.create(twice, NO_LIMITS, NOW));
    assert.deepEqual(await store.invalidations.get(first.distribution, first.id), first);
    assert.equal(await store.feed.latest(), first.change);
    await invalidated(store, invalidationDraft(2, id));
  });

  promise("20 concurrent batches with one caller reference make exactly one", async (store) => {
    const { id } = await created(store, distributionDraft(1));
    const drafts = Array.from({ length: 20 }, (_, n) => invalidationDraft(n, id, { callerReference: "same" }));
    const outcomes = await Promise.all(drafts.map((draft) => store.invalidations.create(draft, NO_LIMITS, NOW)));
    assert.equal(outcomes.filter((outcome) => outcome.kind === "created").length, 1);
    assert.equal(outcomes.filter((outcome) => outcome.kind === "caller-reference-taken").length, 19);
  });

  promise("invalidations are listed newest first, page by page", async (store) => {
    const { id } = await created(store, distributionDraft(1));
    const other = await created(store, distributionDraft(2));
    for (const number of [5, 2, 9]) await invalidated(store, invalidationDraft(number, id));
    await invalidated(store, invalidationDraft(7, other.id));
    const { distribution } = invalidationDraft(0, id);
    for (const { after, limit, numbers, isTruncated } of [
      { after: undefined, limit: 100, numbers: [9, 2, 5], isTruncated: false },
      { after: undefined, limit: 2, numbers: [9, 2], isTruncated: true },
      { after: 2, limit: 2, numbers: [5], isTruncated: false },
      { after: 9, limit: 1, numbers: [2], isTruncated: true },
      { after: 5, limit: 2, numbers: [], isTruncated: false },
    ]) {
      const marker = after === undefined ? undefined : invalidationId(after);
      const page = await store.invalidations.list(distribution, { after: marker, limit });
      assert.deepEqual(
        page?.items.map((item) => item.id),
        numbers.map(invalidationId),
      );
      assert.equal(page?.isTruncated, isTruncated);
    }
    for (const number of [7, 99]) {
      const page = { after: invalidationId(number), limit: 2 };
      assert.equal(await store.invalidations.list(distribution, page), undefined, "not one of this distribution's");
    }
  });

  promise("paths in progress are limited, wildcards and others each by their own limit", async (store) => {
    const { id } = await created(store, distributionDraft(1));
    const other = await created(store, distributionDraft(2));
    const limits = { pathsInProgressMax: 3, wildcardsInProgressMax: 1 };
    let number = 0;
    const outcomeOf = async (paths: string[], distribution = id) =>
      (await store.invalidations.create(invalidationDraft(number++, distribution, { paths }), limits, NOW)).kind;
    assert.equal(await outcomeOf(["/1", "/2", "/3", "/4"]), "too-many-paths");
    assert.equal(await outcomeOf(["/1*", "/2*"]), "too-many-wildcards");
    assert.equal(await outcomeOf(["/1", "/*/2"]), "created"); // a star within a path is not a wildcard
    assert.equal(await outcomeOf(["/3", "/4"]), "too-many-paths");
    assert.equal(await outcomeOf(["/3", "/*"]), "created");
    assert.equal(await outcomeOf(["/5"]), "too-many-paths");
    assert.equal(await outcomeOf(["/5*"]), "too-many-wildcards");
    assert.equal(await outcomeOf(["/1", "/2", "/3", "/4*"], other.id), "created");
  });

  promise("what every live edge has acknowledged is no longer in progress", async (store) => {
    const { id } = await created(store, distributionDraft(1));
    const limits = { pathsInProgressMax: 1, wildcardsInProgressMax: 0 };
    const [fast, slow] = ["fast", "slow"] as EdgeId[];
    assert(fast !== undefined && slow !== undefined);
    const first = await invalidated(store, invalidationDraft(1, id));
    const outcomeAt = async (now: number) =>
      (await store.invalidations.create(invalidationDraft(2, id), limits, epochMs(now))).kind;
    assert.equal(await outcomeAt(NOW), "too-many-paths"); // with no live edge it stays in progress
    await store.feed.acknowledge(slow, feedNumber(0), epochMs(NOW + 10), NOW);
    await store.feed.acknowledge(fast, first.change, epochMs(NOW + 100), NOW);
    assert.equal(await outcomeAt(NOW + 9), "too-many-paths");
    assert.equal(await outcomeAt(NOW + 10), "created");
  });

  promise("batches after a place in the feed are counted for one distribution", async (store) => {
    const { id } = await created(store, distributionDraft(1));
    const other = await created(store, distributionDraft(2));
    const changes = [];
    for (const number of [1, 2, 3]) changes.push((await invalidated(store, invalidationDraft(number, id))).change);
    await invalidated(store, invalidationDraft(4, other.id));
    const { distribution } = invalidationDraft(0, id);
    assert.equal(await store.invalidations.countAfter(distribution, feedNumber(0)), 3);
    for (const [index, change] of changes.entries()) {
      assert.equal(await store.invalidations.countAfter(distribution, change), 2 - index);
    }
  });

  promise("the invalidations of a deleted distribution are gone, their references with them", async (store) => {
    const resource = await created(store, distributionDraft(1));
    const invalidation = await invalidated(store, invalidationDraft(1, resource.id));
    const kept = await created(store, distributionDraft(2));
    const keptInvalidation = await invalidated(store, invalidationDraft(2, kept.id));
    await store.resources.delete(resource, NOW);
    const { distribution, id } = invalidation;
    assert.equal(await store.invalidations.get(distribution, id), undefined);
    const page = await store.invalidations.list(distribution, { after: undefined, limit: 9 });
    assert.deepEqual(page, { items: [], isTruncated: false });
    assert.equal(await store.invalidations.countAfter(distribution, feedNumber(0)), 0);
    assert.deepEqual(await store.invalidations.create(invalidationDraft(1, resource.id), NO_LIMITS, NOW), {
      kind: "no-distribution",
    });
    assert.deepEqual(
      await store.invalidations.get(keptInvalidation.distribution, keptInvalidation.id),
      keptInvalidation,
    );
  });
}
