// What clients write is what they read, member by member, through XML both ways: random configs are created in a random
// version, read and updated unchanged in others, and nothing is lost or changed on the way.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { API_VERSIONS, NEWEST_VERSION, type ApiVersion } from "../../src/model/api.ts";
import type { WireDocument, WireValue } from "../../src/wire/shape.ts";
import {
  arbitraryDistributionConfig,
  arbitraryOriginAccessIdentityConfig,
  arbitraryStreamingDistributionConfig,
} from "../arbitrary-config.ts";
import { openControlHarness } from "../support/control-harness.ts";
import { at, succeed, textAt } from "./requests.ts";

const SEED = 20_261_120;
const RUNS = process.env["WARMFRONT_NIGHTLY"] === "1" ? 3000 : 150;

interface Kind {
  readonly resource: string;
  readonly arbitrary: (version: ApiVersion) => fc.Arbitrary<WireDocument>;
}

const KINDS: readonly Kind[] = [
  { resource: "Distribution", arbitrary: arbitraryDistributionConfig },
  { resource: "StreamingDistribution", arbitrary: arbitraryStreamingDistributionConfig },
  { resource: "CloudFrontOriginAccessIdentity", arbitrary: arbitraryOriginAccessIdentityConfig },
];

/** Whatever was written is read. An empty list may have lost its Items, an empty text may be left out. */
function assertHolds(read: WireValue | undefined, written: WireValue | undefined, path: string): void {
  if (written === undefined || (written === "" && read === undefined)) return;
  if (Array.isArray(written)) {
    const items = (read ?? []) as readonly WireValue[];
    assert.equal(items.length, written.length, path);
    for (const [index, item] of written.entries()) assertHolds(items[index], item as WireValue, `${path}.${index}`);
  } else if (typeof written === "object") {
    if (read === undefined) return assert.equal((written as WireDocument)["Quantity"], 0, path);
    for (const [member, value] of Object.entries(written as WireDocument)) {
      assertHolds((read as WireDocument)[member], value, `${path}.${member}`);
    }
  } else assert.equal(read, written, path);
}

for (const { resource, arbitrary } of KINDS) {
  const member = `${resource}Config`;
  const anyVersion = fc.constantFrom(...API_VERSIONS);
  const scenario = anyVersion.chain((version) =>
    fc.record({
      version: fc.constant(version),
      config: arbitrary(version),
      path: fc.array(anyVersion, { minLength: 1, maxLength: 3 }),
    }),
  );

  test(`a ${resource} survives create, get and unchanged updates in random versions`, async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ version, config, path }) => {
        const harness = await openControlHarness();
        const created = await succeed(harness, `Create${resource}`, { [member]: config }, { version });
        assertHolds(at(created.output, resource, member), config, "created");
        const Id = textAt(created.output, resource, "Id");
        let { etag } = created;
        const whole = (await succeed(harness, `Get${resource}Config`, { Id })).output[member];

        for (const through of [version, ...path]) {
          const seen = await succeed(harness, `Get${resource}Config`, { Id }, { version: through });
          assert.equal(seen.etag, etag);
          const inside = await succeed(harness, `Get${resource}`, { Id }, { version: through });
          assert.deepEqual(at(inside.output, resource, member), seen.output[member]);
          const read = seen.output[member] as WireDocument;
          const updated = await succeed(
            harness,
            `Update${resource}`,
            { Id, IfMatch: etag, [member]: read },
            { version: through },
          );
          assert.deepEqual(at(updated.output, resource, member), read, `updated through ${through}`);
          etag = updated.etag;
          const after = (await succeed(harness, `Get${resource}Config`, { Id }, { version: NEWEST_VERSION })).output[
            member
          ];
          assert.deepEqual(after, whole, `an unchanged update through ${through} changed something`);
        }
        assert.deepEqual(harness.faults, []);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
}
