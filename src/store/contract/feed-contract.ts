// What every store promises about the feed: which steps it holds, and how far it is deployed.

import assert from "node:assert/strict";
import { once, EventEmitter } from "node:events";
import type { EdgeId, FeedNumber } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import { NO_CLAIMS, type Change, type Store } from "../store.ts";
import { promisesOf } from "./promise.ts";
import {
  ALICE,
  LATER,
  NOW,
  PLENTY,
  accessControlDraft,
  certificateDraft,
  created,
  distributionConfig,
  distributionDraft,
  feedNumber,
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

/** Each step as `kind id`, in order. */
function outline(changes: readonly Change[]): string[] {
  return changes.map((change) => `${change.kind} ${subjectOf(change)}`);
}

function subjectOf(change: Change): string {
  switch (change.kind) {
    case "distribution":
    case "streaming-distribution":
      return change.distribution.id;
    case "origin-access-control":
      return change.control.id;
    case "public-key":
      return change.key.id;
    case "key-group":
      return change.group.id;
    case "key-pair":
      return change.pair.id;
    case "server-certificate":
      return change.certificate.id;
    case "invalidation":
      return change.invalidation.id;
    case "removed":
      return change.id;
  }
}

const all = async (store: Store) => outline(await store.feed.changesAfter(feedNumber(0), PLENTY));

export function feedContract(name: string, open: () => Promise<Store>): void {
  const promise = promisesOf(name, open);

  promise("an empty feed has no steps and the number 0", async (store) => {
    assert.equal(await store.feed.latest(), 0);
    assert.deepEqual(await store.feed.changesAfter(feedNumber(0), 10), []);
    assert.equal(await store.feed.deployedThrough(NOW), 0);
  });

  promise("a step says everything that an edge needs to know", async (store) => {
    const web = await created(store, distributionDraft(1));
    const streaming = await store.resources.create(
      {
        ...streamingDraft(2),
        config: streamingConfig("r", { Aliases: { Quantity: 1, Items: ["films.example"] }, Enabled: false }),
      },
      PLENTY,
      NOW,
    );
    assert(streaming.kind === "created");
    const invalidation = await invalidated(store, invalidationDraft(1, web.id));
    assert.deepEqual(await store.feed.changesAfter(feedNumber(0), 10), [
      {
        kind: "distribution",
        number: web.change,
        distribution: { id: web.id, account: ALICE, label: web.handle, config: web.config },
      },
      {
        kind: "streaming-distribution",
        number: streaming.resource.change,
        distribution: {
          id: streaming.resource.id,
          account: ALICE,
          label: streaming.resource.handle,
          aliases: ["films.example"],
          enabled: false,
        },
      },
      {
        kind: "invalidation",
        number: invalidation.change,
        invalidation: { id: invalidation.id, distribution: web.id, paths: invalidation.paths },
      },
    ]);
    assert.equal(await store.feed.latest(), invalidation.change);
  });

  promise("a step of any other kind says what an edge needs of it, and its removal follows", async (store) => {
    const control = await created(store, accessControlDraft(1));
    const key = await created(store, publicKeyDraft(2));
    const claims = { references: [{ kind: key.kind, id: key.id }] };
    const group = await created(store, keyGroupDraft(3, { claims }));
    const pair = await created(store, keyPairDraft(4));
    const certificate = await created(store, certificateDraft(5));
    assert.deepEqual(await store.feed.changesAfter(feedNumber(0), 10), [
      {
        kind: "origin-access-control",
        number: control.change,
        control: { id: control.id, account: ALICE, signingBehavior: "no-override", originType: "s3" },
      },
      { kind: "public-key", number: key.change, key: { id: key.id, account: ALICE, pem: "PEM 2" } },
      { kind: "key-group", number: group.change, group: { id: group.id, account: ALICE, keys: [key.id] } },
      { kind: "key-pair", number: pair.change, pair: { id: pair.id, account: ALICE, pem: "PEM 4", isActive: true } },
      {
        kind: "server-certificate",
        number: certificate.change,
        certificate: {
          id: certificate.id,
          account: ALICE,
          arn: certificate.config.Arn,
          chain: "leaf 5\nauthority 5",
          key: "key 5",
          names: ["www.example.com"],
        },
      },
    ]);
    const inactive = { PublicKey: "PEM 4", Status: "Inactive" } as const;
    await store.resources.update(pair, { config: inactive, claims: NO_CLAIMS }, LATER);
    for (const resource of [control, group, key, certificate]) await store.resources.delete(resource, LATER);
    assert.deepEqual(await all(store), [
      `key-pair ${pair.id}`,
      ...[control, group, key, certificate].map(({ id }) => `removed ${id}`),
    ]);
    const [first] = await store.feed.changesAfter(feedNumber(0), 1);
    assert(first?.kind === "key-pair" && !first.pair.isActive);
  });

  promise("every write takes a number above all before it, whatever was removed", async (store) => {
    const numbers: number[] = [];
    const note = async () => numbers.push(await store.feed.latest());
    const first = await created(store, distributionDraft(1));
    await note();
    const next = { config: distributionConfig("reference 1", { Comment: "new" }), claims: NO_CLAIMS };
    const updated = await store.resources.update(first, next, LATER);
    assert(updated.kind === "updated");
    await note();
    assert.equal(updated.resource.change, numbers.at(-1));
    await invalidated(store, invalidationDraft(1, first.id));
    await note();
    await store.resources.delete(updated.resource, LATER);
    await note();
    await created(store, streamingDraft(2));
    await note();
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((one, other) => one - other),
    );
    assert.equal(numbers.length, 5);
  });

  promise("each resource is in the feed once, in its latest state, at its latest place", async (store) => {
    const first = await created(store, distributionDraft(1));
    await created(store, distributionDraft(2));
    const seen = await store.feed.latest();
    const config = distributionConfig("reference 1", { Comment: "second" });
    const outcome = await store.resources.update(first, { config, claims: NO_CLAIMS }, LATER);
    assert(outcome.kind === "updated");
    assert.deepEqual(await all(store), [`distribution ${resourceId(2)}`, `distribution ${resourceId(1)}`]);
    const [step, ...more] = await store.feed.changesAfter(seen, 10);
    assert(step?.kind === "distribution");
    assert.deepEqual(step.distribution.config, config);
    assert.equal(step.number, outcome.resource.change);
    assert.deepEqual(more, []);
  });

  promise("a removal is a step that takes the resource's and its invalidations' place", async (store) => {
    const first = await created(store, distributionDraft(1));
    await invalidated(store, invalidationDraft(1, first.id));
    const streaming = await created(store, streamingDraft(2));
    const seen = await store.feed.latest();
    await store.resources.delete(first, NOW);
    await store.resources.delete(streaming, NOW);
    assert.deepEqual(await all(store), [`removed ${first.id}`, `removed ${streaming.id}`]);
    assert.deepEqual(outline(await store.feed.changesAfter(seen, 10)), await all(store));
    // The same caller reference makes a new resource; the removal of the old one stays told.
    const again = await created(store, distributionDraft(3, { callerReference: "reference 1" }));
    assert.deepEqual(await all(store), [`removed ${first.id}`, `removed ${streaming.id}`, `distribution ${again.id}`]);
  });

  promise("identities and tags take no step", async (store) => {
    const { id, change } = await created(store, distributionDraft(1));
    const identity = await created(store, identityDraft(2));
    assert.equal(identity.change, change);
    await store.resources.update(identity, { config: identity.config, claims: NO_CLAIMS }, NOW);
    await store.resources.delete({ ...identity, revision: 2 as typeof identity.revision }, NOW);
    const tags = { put: [{ Key: "k", Value: "v" }], remove: [], tagsMax: 50 };
    await store.resources.changeTags("distribution", ALICE, id, tags);
    assert.equal(await store.feed.latest(), change);
    assert.deepEqual(await all(store), [`distribution ${id}`]);
  });

  promise("a feed read in pieces is the feed", async (store) => {
    for (const number of [1, 2, 3, 4, 5]) await created(store, distributionDraft(number));
    await invalidated(store, invalidationDraft(1, resourceId(3)));
    const whole = await store.feed.changesAfter(feedNumber(0), PLENTY);
    assert.equal(whole.length, 6);
    for (const limit of [1, 2, 4, 6, 7]) {
      const pieces: Change[] = [];
      let after: FeedNumber | undefined = feedNumber(0);
      while (after !== undefined) {
        const piece: readonly Change[] = await store.feed.changesAfter(after, limit);
        assert(piece.length <= limit);
        pieces.push(...piece);
        after = piece.at(-1)?.number;
      }
      assert.deepEqual(pieces, whole);
    }
  });

  promise("a new edge and one that followed every step end with the same configuration", async (store) => {
    const followed = new Map<string, Change>();
    let after = feedNumber(0);
    const apply = (known: Map<string, Change>, changes: readonly Change[]) => {
      for (const change of changes) {
        if (change.kind === "removed") known.delete(change.id);
        else if (change.kind !== "invalidation") known.set(subjectOf(change), change);
      }
    };
    const follow = async () => {
      apply(followed, await store.feed.changesAfter(after, PLENTY));
      after = await store.feed.latest();
    };
    for (let round = 0; round < 30; round++) {
      const number = (round * 7) % 5;
      const found = await store.resources.get("distribution", ALICE, resourceId(number));
      if (found === undefined) await created(store, distributionDraft(number));
      else if (round % 3 === 0) await store.resources.delete(found, NOW);
      else await store.resources.update(found, { config: found.config, claims: NO_CLAIMS }, NOW);
      if (round % 2 === 0) await follow();
    }
    await follow();
    const fresh = new Map<string, Change>();
    apply(fresh, await store.feed.changesAfter(feedNumber(0), PLENTY));
    const byId = (known: Map<string, Change>) => [...known].sort(([one], [other]) => (one < other ? -1 : 1));
    assert.deepEqual(byId(followed), byId(fresh));
    assert(fresh.size > 0);
  });

  // Rows of [now, what happens, deployed then]; "a 3 until 100" acknowledges, "a retires". Five steps are in the feed.
  for (const [claim, rows] of [
    ["nothing is deployed before an edge says so", [[0, "", 0]]],
    [
      "what is deployed is what the slowest live edge has",
      [
        [0, "a 3 until 100", 3],
        [0, "b 4 until 100", 3],
        [0, "a 5 until 100", 4],
        [0, "b 5 until 100", 5],
      ],
    ],
    [
      "an edge counts until its lease ends",
      [
        [0, "a 2 until 100", 2],
        [0, "b 5 until 200", 2],
        [99, "", 2],
        [100, "", 5],
      ],
    ],
    [
      "with no live edge it stands still",
      [
        [0, "a 2 until 100", 2],
        [500, "", 2],
        [500, "b 4 until 600", 4],
        [600, "", 4],
      ],
    ],
    [
      "an edge whose lease ran out while nobody looked does not hold the others back",
      [
        [0, "a 2 until 100", 2],
        [0, "b 5 until 200", 2],
        [900, "a 3 until 1000", 5],
        [900, "b 4 until 1000", 5],
      ],
    ],
    [
      "the last edge leaves what was deployed when it retired",
      [
        [0, "a 2 until 100", 2],
        [0, "b 5 until 200", 2],
        [150, "b retires", 5],
        [150, "a 3 until 300", 5],
      ],
    ],
    [
      "a new edge that has nothing yet takes nothing back",
      [
        [0, "a 4 until 100", 4],
        [0, "b 0 until 100", 4],
        [0, "a 5 until 100", 4],
        [0, "b 5 until 100", 5],
      ],
    ],
    [
      "an edge that fell back holds up what is new and takes nothing back",
      [
        [0, "a 4 until 100", 4],
        [0, "a 1 until 100", 4],
        [0, "b 5 until 100", 4],
        [0, "b retires", 4],
      ],
    ],
    [
      "nobody waits for an edge that retired",
      [
        [0, "a 2 until 100", 2],
        [0, "b 5 until 100", 2],
        [0, "a retires", 5],
        [0, "b retires", 5],
        [0, "c 1 until 100", 5],
      ],
    ],
    ["an edge that was never seen may retire", [[0, "a retires", 0]]],
    [
      "a renewed lease replaces the old one",
      [
        [0, "a 2 until 100", 2],
        [50, "a 2 until 150", 2],
        [50, "b 5 until 300", 2],
        [149, "", 2],
        [150, "", 5],
      ],
    ],
    [
      "a clock that is set back takes nothing back",
      [
        [0, "a 2 until 100", 2],
        [0, "b 5 until 200", 2],
        [150, "", 5],
        [50, "", 5],
        [50, "b 5 until 200", 5],
      ],
    ],
    [
      "no more is deployed than there is",
      [
        [0, "a 99 until 100", 5],
        [0, "", 5],
      ],
    ],
  ] as const satisfies readonly (readonly [string, readonly (readonly [number, string, number])[]])[]) {
    promise(claim, async (store) => {
      for (const number of [1, 2, 3, 4, 5]) await created(store, distributionDraft(number));
      const first = (await store.feed.latest()) - 5; // numbers in the table count from here
      const number = (value: number) => feedNumber(value === 0 ? 0 : first + value);
      for (const [now, event, deployed] of rows) {
        const [edge, what, , until] = event.split(" ");
        if (what === "retires") await store.feed.retire(edge as EdgeId, epochMs(now));
        else if (what !== undefined) {
          await store.feed.acknowledge(edge as EdgeId, number(Number(what)), epochMs(Number(until)), epochMs(now));
        }
        assert.equal(await store.feed.deployedThrough(epochMs(now)), number(deployed), `${now}: ${event}`);
      }
    });
  }

  promise("a new change is not deployed until it is acknowledged", async (store) => {
    const first = await created(store, distributionDraft(1));
    await store.feed.acknowledge("a" as EdgeId, first.change, epochMs(100), epochMs(0));
    const second = await created(store, distributionDraft(2));
    assert((await store.feed.deployedThrough(epochMs(0))) < second.change);
    await store.feed.acknowledge("a" as EdgeId, second.change, epochMs(100), epochMs(0));
    assert.equal(await store.feed.deployedThrough(epochMs(0)), second.change);
  });

  promise("a subscriber is called after each step, until it unsubscribes", async (store) => {
    const calls = new EventEmitter();
    let count = 0;
    const next = () => once(calls, "call", { signal: AbortSignal.timeout(5000) });
    const subscription = store.feed.subscribe(() => {
      count++;
      calls.emit("call");
    });
    let called = next();
    const resource = await created(store, distributionDraft(1));
    await called;
    called = next();
    await store.resources.update(resource, { config: resource.config, claims: NO_CLAIMS }, NOW);
    await called;
    called = next();
    await invalidated(store, invalidationDraft(1, resource.id));
    await called;
    subscription[Symbol.dispose]();
    const before = count;
    called = next();
    const witness = store.feed.subscribe(() => calls.emit("call"));
    await created(store, distributionDraft(2));
    await called;
    assert.equal(count, before);
    witness[Symbol.dispose]();
  });
}
