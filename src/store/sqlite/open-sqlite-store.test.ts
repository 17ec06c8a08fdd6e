// The SQLite store keeps the contract, on a new file for each promise; then what is peculiar to a store in a file.

import assert from "node:assert/strict";
import { chmodSync, statSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { EdgeId } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import {
  ALICE,
  NOW,
  PLENTY,
  created,
  distributionDraft,
  feedNumber,
  identityDraft,
  invalidated,
  invalidationDraft,
  streamingDraft,
} from "../contract/samples.ts";
import { storeContract } from "../store-contract.ts";
import { NO_CLAIMS } from "../store.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";
import { temporaryFiles } from "./temporary-file.ts";

const newPath = temporaryFiles();
storeContract("sqlite", () => openSqliteStore({ path: newPath() }));

test("a store that is opened again holds what it held", async () => {
  const path = newPath();
  const tags = [{ Key: "k", Value: "v" }];
  const read = async () => {
    await using store = await openSqliteStore({ path });
    return {
      resource: await store.resources.get("distribution", ALICE, distributionDraft(1).id),
      tags: await store.resources.tags("distribution", ALICE, distributionDraft(1).id),
      changes: await store.feed.changesAfter(feedNumber(0), PLENTY),
      latest: await store.feed.latest(),
    };
  };
  {
    await using store = await openSqliteStore({ path });
    const identity = await created(store, identityDraft(3));
    await created(
      store,
      distributionDraft(1, { tags, claims: { references: [{ kind: "origin-access-identity", id: identity.id }] } }),
    );
    const gone = await created(store, streamingDraft(2));
    await invalidated(store, invalidationDraft(1, distributionDraft(1).id));
    await store.resources.delete(gone, NOW);
  }
  const first = await read();
  assert.equal(first.resource?.revision, 1);
  assert.deepEqual(first.tags, tags);
  assert.deepEqual(
    first.changes.map((change) => change.kind),
    ["distribution", "invalidation", "removed"],
  );
  assert.deepEqual(await read(), first);
});

test("the files of a store are its owner's alone, also those that were not", async () => {
  const path = newPath();
  for (let round = 0; round < 2; round++) {
    await using store = await openSqliteStore({ path });
    await created(store, distributionDraft(round));
    for (const suffix of ["", "-wal", "-shm"]) assert.equal(statSync(path + suffix).mode & 0o777, 0o600, suffix);
    chmodSync(path, 0o644);
  }
});

test("what another connection writes is seen by the next read", async () => {
  const path = newPath();
  await using server = await openSqliteStore({ path });
  await using commandLine = await openSqliteStore({ path });
  const key = {
    accessKeyId: "AKIAONE" as never,
    secret: "secret",
    account: ALICE,
    userName: "user",
    access: "full",
    createdAtMs: NOW,
  } as const;
  assert.equal(await server.credentials.findKey(key.accessKeyId), undefined);
  await commandLine.credentials.createKey(key);
  assert.deepEqual(await server.credentials.findKey(key.accessKeyId), key);
  const resource = await created(server, distributionDraft(1));
  assert.deepEqual(await commandLine.resources.get("distribution", ALICE, resource.id), resource);
});

test("an answer that was given before is given anew once any connection has written", async () => {
  const path = newPath();
  await using one = await openSqliteStore({ path });
  await using other = await openSqliteStore({ path });
  const { id } = await created(one, distributionDraft(1));
  const look = async () => ({
    revision: (await one.resources.get("distribution", ALICE, id))?.revision,
    invalidations: await one.invalidations.countAfter(id as never, feedNumber(0)),
    deployed: await one.feed.deployedThrough(NOW),
  });
  assert.deepEqual(await look(), { revision: 1, invalidations: 0, deployed: 0 });
  assert.deepEqual(await look(), { revision: 1, invalidations: 0, deployed: 0 });
  for (const [revision, writer] of [
    [2, other],
    [3, one],
  ] as const) {
    const current = await writer.resources.get("distribution", ALICE, id);
    assert.ok(current !== undefined);
    await writer.resources.update(current, { config: { ...current.config, Comment: "" }, claims: NO_CLAIMS }, NOW);
    await invalidated(writer, invalidationDraft(revision, id));
    const latest = await writer.feed.latest();
    await writer.feed.acknowledge("edge" as EdgeId, latest, epochMs(NOW + 1000), NOW);
    assert.deepEqual(await look(), { revision, invalidations: revision - 1, deployed: latest });
  }
});

test("two connections that write in turn keep one feed and one set of references", async () => {
  const path = newPath();
  await using one = await openSqliteStore({ path });
  await using other = await openSqliteStore({ path });
  const outcomes = [];
  for (let round = 0; round < 20; round++) {
    const store = round % 2 === 0 ? one : other;
    const draft = distributionDraft(round, { callerReference: `reference ${Math.floor(round / 2)}` });
    outcomes.push((await store.resources.create(draft, PLENTY, NOW)).kind);
  }
  assert.deepEqual(outcomes.slice(0, 2), ["created", "reference-taken"]);
  assert.equal(outcomes.filter((kind) => kind === "created").length, 10);
  assert.deepEqual(
    (await one.feed.changesAfter(feedNumber(0), PLENTY)).map((change) => change.number),
    Array.from({ length: 10 }, (_, index) => index + 1),
  );
});

test("subscribers are called once for all steps of a turn, after their commit", async () => {
  await using store = await openSqliteStore({ path: newPath() });
  const seen: number[] = [];
  using _subscription = store.feed.subscribe(() => {
    void store.feed.latest().then((number) => seen.push(number));
  });
  const resource = await created(store, distributionDraft(1));
  await store.resources.update(resource, { config: resource.config, claims: NO_CLAIMS }, NOW);
  await invalidated(store, invalidationDraft(1, resource.id));
  assert.deepEqual(seen, []);
  await nextTurn();
  assert.deepEqual(seen, [await store.feed.latest()]);
});

test("a refused write calls no subscriber", async () => {
  await using store = await openSqliteStore({ path: newPath() });
  let calls = 0;
  using _subscription = store.feed.subscribe(() => calls++);
  assert.equal((await store.resources.create(distributionDraft(1), 0, NOW)).kind, "over-quota");
  await created(store, identityDraft(2));
  await nextTurn();
  assert.equal(calls, 0);
});

test("what was deployed stays so in a store that is opened again, and edges long gone leave no rows", async () => {
  const path = newPath();
  {
    await using store = await openSqliteStore({ path });
    const { change } = await created(store, distributionDraft(1));
    for (let run = 0; run < 20; run++) {
      const now = epochMs(NOW + run * 100);
      await store.feed.acknowledge(`run ${run}` as EdgeId, change, epochMs(now + 50), now);
    }
    await created(store, distributionDraft(2));
  }
  await using store = await openSqliteStore({ path });
  assert.equal(await store.feed.deployedThrough(epochMs(NOW + 1_000_000)), 1);
  using db = new DatabaseSync(path);
  assert.equal(db.prepare("SELECT count(*) AS count FROM edge").get()?.["count"], 1);
});
