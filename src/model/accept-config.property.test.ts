import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import {
  arbitraryDistributionConfig,
  arbitraryDocument,
  arbitraryOriginAccessIdentityConfig,
  arbitraryStreamingDistributionConfig,
} from "../../test/arbitrary-config.ts";
import { DEFAULT_LIMITS } from "../vocabulary/limits.ts";
import type { WireDocument, WireValue } from "../wire/shape.ts";
import {
  acceptDistributionConfig,
  acceptInvalidationBatch,
  acceptOriginAccessIdentityConfig,
  acceptStreamingDistributionConfig,
  acceptTagKeys,
  acceptTags,
  type Accepted,
} from "./accept-config.ts";
import { API_VERSIONS, apiModel, NEWEST_VERSION, type ApiVersion } from "./api.ts";
import { completeDistributionConfig } from "./complete-config.ts";
import { mergeOlderUpdate, visibleThrough } from "./merge-older-update.ts";
import { isDocument, isList } from "./sent-value.ts";

const limits = DEFAULT_LIMITS;
const RUNS = { numRuns: 40, seed: 20_261_120 };
const anyVersion = fc.constantFrom(...API_VERSIONS);

function configOf<Config>(accepted: Accepted<Config>): Config {
  assert(accepted.kind === "ok", accepted.kind === "ok" ? "" : `${accepted.code}: ${accepted.message}`);
  return accepted.config;
}

function see(config: object, version: ApiVersion, shape: string): WireDocument {
  return visibleThrough(apiModel(version).shapes, shape, asDocument(config)) as WireDocument;
}

function asDocument(config: object): WireDocument {
  return config as WireDocument;
}

/** Everything that was written is there again; empty texts and empty lists may be gone. */
function assertHolds(read: WireValue | undefined, written: WireValue, path: string): void {
  if (isDocument(written)) {
    if (read === undefined && written["Quantity"] === 0) return;
    assert(isDocument(read), path);
    for (const [member, value] of Object.entries(written)) {
      if (value !== undefined) assertHolds(read[member], value, `${path}.${member}`);
    }
  } else if (isList(written)) {
    const items = isList(read) ? read : [];
    assert.equal(items.length, written.length, path);
    for (const [index, item] of written.entries()) assertHolds(items[index], item, `${path}[${index}]`);
  } else if (written !== "" || read !== undefined) assert.equal(read, written, path);
}

for (const version of API_VERSIONS) {
  test(`what a caller writes through ${version} reads back equal, member by member`, () => {
    fc.assert(
      fc.property(arbitraryDistributionConfig(version), (sent) => {
        const stored = configOf(acceptDistributionConfig(sent, { version, limits }));
        assertHolds(see(stored, version, "DistributionConfig"), sent, "DistributionConfig");
      }),
      RUNS,
    );
    fc.assert(
      fc.property(arbitraryStreamingDistributionConfig(version), (sent) => {
        const stored = configOf(acceptStreamingDistributionConfig(sent, { version, limits }));
        assertHolds(see(stored, version, "StreamingDistributionConfig"), sent, "StreamingDistributionConfig");
      }),
      RUNS,
    );
  });
}

test("an identity's config reads back equal", () => {
  fc.assert(
    fc.property(arbitraryOriginAccessIdentityConfig(), anyVersion, (sent, version) => {
      assert.deepEqual(configOf(acceptOriginAccessIdentityConfig(sent, { version, limits })), sent);
    }),
    RUNS,
  );
});

test("a stored config is complete: accepting it again through the newest version changes nothing", () => {
  const sentThrough = anyVersion.chain((version) =>
    fc.record({ version: fc.constant(version), sent: arbitraryDistributionConfig(version) }),
  );
  fc.assert(
    fc.property(sentThrough, ({ version, sent }) => {
      const stored = configOf(acceptDistributionConfig(sent, { version, limits }));
      const again = acceptDistributionConfig(asDocument(stored), { version: NEWEST_VERSION, limits, stored });
      assert.deepEqual(configOf(again), stored);
    }),
    { ...RUNS, numRuns: 300 },
  );
});

test("read through any version and updated unchanged, a stored config stays what it was", () => {
  fc.assert(
    fc.property(arbitraryDistributionConfig(NEWEST_VERSION), anyVersion, (sent, version) => {
      const stored = configOf(acceptDistributionConfig(sent, { version: NEWEST_VERSION, limits }));
      const seen = see(stored, version, "DistributionConfig");
      assert.deepEqual(configOf(acceptDistributionConfig(seen, { version, limits, stored })), stored);
    }),
    { ...RUNS, numRuns: 400 },
  );
  fc.assert(
    fc.property(arbitraryStreamingDistributionConfig(NEWEST_VERSION), anyVersion, (sent, version) => {
      const stored = configOf(acceptStreamingDistributionConfig(sent, { version: NEWEST_VERSION, limits }));
      const seen = see(stored, version, "StreamingDistributionConfig");
      assert.deepEqual(configOf(acceptStreamingDistributionConfig(seen, { version, limits, stored })), stored);
    }),
    RUNS,
  );
});

test("an update through any version shows through that version as it was written", () => {
  const change = anyVersion.chain((version) =>
    fc.record({
      version: fc.constant(version),
      sent: arbitraryDistributionConfig(version),
      before: arbitraryDistributionConfig(NEWEST_VERSION),
    }),
  );
  let accepts = 0;
  fc.assert(
    fc.property(change, ({ version, sent, before }) => {
      const stored = configOf(acceptDistributionConfig(before, { version: NEWEST_VERSION, limits }));
      const update = { ...sent, CallerReference: stored.CallerReference };
      const accepted = acceptDistributionConfig(update, { version, limits, stored });
      // A hidden member may stand in the way, but nothing else may be said against a config that is valid by itself.
      if (accepted.kind === "failure") return assert.equal(accepted.code, "IllegalUpdate");
      assertHolds(see(accepted.config, version, "DistributionConfig"), update, "DistributionConfig");
      accepts++;
    }),
    { ...RUNS, numRuns: 400 },
  );
  assert(accepts > 200, `only ${accepts} accepted`);
});

test("through the newest version, a merge is what was sent", () => {
  const two = fc.tuple(arbitraryDistributionConfig(NEWEST_VERSION), arbitraryDistributionConfig(NEWEST_VERSION));
  fc.assert(
    fc.property(two, ([sent, before]) => {
      const stored = asDocument(completeDistributionConfig(before, NEWEST_VERSION));
      const merged = mergeOlderUpdate(sent, stored, { version: NEWEST_VERSION, shape: "DistributionConfig" });
      assert.deepEqual(merged, { kind: "ok", config: sent });
    }),
    RUNS,
  );
});

test("whatever the codec can give is accepted or refused, never more than a sentence is said", () => {
  const anything = anyVersion.chain((version) =>
    fc.record({
      version: fc.constant(version),
      distribution: fc.oneof(
        arbitraryDocument(version, "DistributionConfig"),
        fc
          .tuple(arbitraryDistributionConfig(version), arbitraryDocument(version, "DistributionConfig"), fc.nat(20))
          .map(([valid, any, member]) => ({
            ...valid,
            ...Object.fromEntries(Object.entries(any).slice(member, member + 1)),
          })),
      ),
      streaming: arbitraryDocument(version, "StreamingDistributionConfig"),
      identity: arbitraryDocument(version, "CloudFrontOriginAccessIdentityConfig"),
      batch: arbitraryDocument(version, "InvalidationBatch"),
      tags: arbitraryDocument(NEWEST_VERSION, "Tags"),
      keys: arbitraryDocument(NEWEST_VERSION, "TagKeys"),
      before: arbitraryDistributionConfig(NEWEST_VERSION),
    }),
  );
  fc.assert(
    fc.property(anything, ({ version, ...sent }) => {
      const stored = configOf(acceptDistributionConfig(sent.before, { version: NEWEST_VERSION, limits }));
      const update = { ...sent.distribution, CallerReference: stored.CallerReference };
      for (const accepted of [
        acceptDistributionConfig(sent.distribution, { version, limits }),
        acceptDistributionConfig(update, { version, limits, stored }),
        acceptStreamingDistributionConfig(sent.streaming, { version, limits }),
        acceptOriginAccessIdentityConfig(sent.identity, { version, limits }),
        acceptInvalidationBatch(sent.batch, limits),
        acceptTags(sent.tags, limits),
        acceptTagKeys(sent.keys),
      ]) {
        if (accepted.kind === "failure") assert.match(accepted.message, /^[^\n\r\0]{10,600}$/);
      }
    }),
    { ...RUNS, numRuns: 400 },
  );
});
