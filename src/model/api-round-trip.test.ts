// Reading is the inverse of writing, for every structure of every version of the API: the property that the whole
// management API stands on. Seeded; a failure prints the seed and the shrunken value.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { API_VERSIONS, apiModel, type ApiModel } from "./api.ts";
import type { Shape, WireDocument, WireValue } from "../wire/shape.ts";
import { readDocument } from "../wire/xml-reader.ts";
import { unreachable } from "../vocabulary/unreachable.ts";
import { writeDocument } from "../wire/xml-writer.ts";

const SEED = 20160113;
/** Values per structure. */
const RUNS = process.env["WARMFRONT_NIGHTLY"] === "1" ? 500 : 25;
/** 9999-12-31T23:59:59.999Z: later years have more than four digits. */
const LAST_INSTANT = 253_402_300_799_999;

/** Text that XML 1.0 can hold; line breaks of every kind, markup and characters beyond the basic plane among it. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }).map((it) => it.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, "")) },
  {
    weight: 2,
    arbitrary: fc
      .string({ unit: "grapheme", maxLength: 6 })
      .map((it) => it.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "")),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(
        fc.constantFrom("\r", "\n", "\r\n", "\t", " ", "<", ">", "&", "]]>", '"', "'", "&amp;", "\u0085", "\u2028"),
      )
      .map((it) => it.join("")),
  },
);

function valueOf(model: ApiModel, shape: Shape): fc.Arbitrary<WireValue> {
  switch (shape.type) {
    case "structure":
      return fc
        .tuple(
          ...shape.members.map((member) => {
            const value = valueOf(model, model.shapes(member.shape));
            return member.required ? value : fc.option(value, { nil: undefined, freq: 2 });
          }),
        )
        .map((values) =>
          Object.fromEntries(
            shape.members.map(({ name }, index) => [name, values[index]]).filter(([, value]) => value !== undefined),
          ),
        );
    case "list":
      // Never empty: an empty list is not written.
      return fc.array(valueOf(model, model.shapes(shape.of)), { minLength: 1, maxLength: 2 });
    case "string":
      return shape.enum === undefined ? text : fc.constantFrom(...shape.enum);
    case "integer":
      return fc.integer();
    case "long":
      return fc.maxSafeInteger();
    case "boolean":
      return fc.boolean();
    case "timestamp":
      return fc.integer({ min: 0, max: LAST_INSTANT });
    case "float":
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((it) => it + 0);
    case "blob":
      return fc.base64String({ maxLength: 40 });
    default:
      return unreachable(shape);
  }
}

/** Writes and reads `runs` generated values of each structure. */
function checkRoundTrips(model: ApiModel, runs: number): number {
  let checked = 0;
  for (const name of model.shapeNames) {
    const shape = model.shapes(name);
    if (shape.type !== "structure") continue;
    checked += 1;
    fc.assert(
      fc.property(valueOf(model, shape), (value) => {
        const xml = writeDocument(name, value as WireDocument, { shape: name, ...model });
        const outcome = readDocument(Buffer.from(xml), { root: name, shape: name, shapes: model.shapes, depthMax: 32 });
        assert.deepEqual(outcome, { kind: "ok", value });
      }),
      { seed: SEED, numRuns: runs },
    );
  }
  return checked;
}

for (const version of API_VERSIONS) {
  test(`every structure of ${version} is read back as it was written`, () => {
    const structures = checkRoundTrips(apiModel(version), RUNS);
    assert.ok(structures >= 40, `only ${structures} structures`);
  });
}
