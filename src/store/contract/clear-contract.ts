// What every store promises about being cleared.

import assert from "node:assert/strict";
import type { AccessKeyId } from "../../vocabulary/ids.ts";
import type { Store } from "../store.ts";
import { BUCKET, sampleBucket, sampleObject } from "./bucket-samples.ts";
import { promisesOf } from "./promise.ts";
import {
  ALICE,
  created,
  distributionDraft,
  feedNumber,
  identityDraft,
  invalidated,
  invalidationDraft,
  LATER,
  NOW,
  PLENTY,
  resourceId,
} from "./samples.ts";

export function clearContract(name: string, open: () => Promise<Store>): void {
  const promise = promisesOf(name, open);

  promise("a store that is cleared has nothing of anybody, and edges are told", async (store) => {
    const identity = await created(store, identityDraft(1));
    const site = await created(store, distributionDraft(2));
    await invalidated(store, invalidationDraft(1, site.id));
    await store.credentials.createKey({
      accessKeyId: "AKIATEST" as AccessKeyId,
      secret: "s",
      account: ALICE,
      userName: "u",
      access: "full",
      createdAtMs: NOW,
    });
    await store.buckets.createBucket(sampleBucket(), PLENTY);
    await store.buckets.putObject(sampleObject("index.html", "file-1"), undefined, NOW);
    const before = await store.feed.latest();

    assert.deepEqual(await store.clear(LATER), ["file-1"]);

    assert.equal(await store.resources.get("distribution", ALICE, site.id), undefined);
    assert.equal(await store.resources.get("origin-access-identity", ALICE, identity.id), undefined);
    assert.deepEqual(await store.credentials.listKeys(undefined), []);
    assert.equal(await store.buckets.getBucket(BUCKET), undefined);
    assert.equal(await store.resources.accountExists(ALICE), false);
    const changes = await store.feed.changesAfter(feedNumber(0), PLENTY);
    assert.deepEqual(
      changes.map((change) => [change.kind, change.kind === "removed" && change.id]),
      [["removed", site.id]],
    );
    assert.ok((await store.feed.latest()) > before);
    // The names are free again.
    await created(store, { ...distributionDraft(2), id: resourceId(3) });
    await store.buckets.createBucket(sampleBucket(), PLENTY);
  });

  promise("a store that has nothing is cleared all the same", async (store) => {
    assert.deepEqual(await store.clear(NOW), []);
    assert.deepEqual(await store.feed.changesAfter(feedNumber(0), PLENTY), []);
  });
}
