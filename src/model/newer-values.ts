// Values that an API version's enums do not have yet. A version shows them where a newer one wrote them, and a client
// sends back what it was shown: an update may leave such a value where it is, and may not bring in another one.

import type { Shape, ShapeSet, WireDocument, WireValue } from "../wire/shape.ts";
import { formatEnumConstraint, formatViolation, formatViolations, lowerCamel } from "../wire/xml-reader.ts";
import { apiModel, NEWEST_VERSION, type ApiVersion } from "./api.ts";
import { fail, type ApiFailure } from "./errors.ts";
import { NAMED_BY } from "./merge-older-update.ts";
import { isDocument, isList } from "./sent-value.ts";

const lenient = new Map<ApiVersion, ShapeSet>();

/** A version's shapes with the newest version's values in its enums; `checkNewerValues` has to look at what they let through. */
export function shapesWithNewerValues(version: ApiVersion): ShapeSet {
  const known = lenient.get(version);
  if (known !== undefined) return known;
  const { shapes } = apiModel(version);
  const newest = apiModel(NEWEST_VERSION);
  const newestNames = new Set(newest.shapeNames);
  const set: ShapeSet = (name) => {
    const shape = shapes(name);
    const isEnum = shape.type === "string" && shape.enum !== undefined;
    return isEnum && newestNames.has(name) ? newest.shapes(name) : shape;
  };
  lenient.set(version, set);
  return set;
}

/** Refuses values beyond the version's enums that are not already there, in the words of the codec. */
export function checkNewerValues(
  sent: WireDocument,
  stored: WireDocument,
  { version, shape }: { readonly version: ApiVersion; readonly shape: string },
): ApiFailure | undefined {
  const { shapes } = apiModel(version);
  const root = { path: lowerCamel(shape), place: "" };
  const there = new Set([...newerValues(stored, shapes(shape), shapes, root)].map(({ place }) => place));
  const violations = [...newerValues(sent, shapes(shape), shapes, root)]
    .filter(({ place }) => !there.has(place))
    .map(({ violation }) => violation);
  return violations.length === 0 ? undefined : fail("MalformedXML", formatViolations([...new Set(violations)]));
}

interface NewerValue {
  /** Where and what it is, with items of lists by what names them: the same in two configs that say the same. */
  readonly place: string;
  readonly violation: string;
}

interface Spot {
  readonly path: string;
  readonly place: string;
}

function* newerValues(value: WireValue, shape: Shape, shapes: ShapeSet, at: Spot): Generator<NewerValue> {
  if (shape.type === "structure" && isDocument(value)) {
    for (const { name, shape: inner } of shape.members) {
      const member = value[name];
      if (member === undefined) continue;
      const spot = { path: `${at.path}.${lowerCamel(name)}`, place: `${at.place}/${name}` };
      yield* newerValues(member, shapes(inner), shapes, spot);
    }
  } else if (shape.type === "list" && isList(value)) {
    const of = shapes(shape.of);
    if (of.type === "string" && of.enum !== undefined) {
      const constraint = `Member must satisfy constraint: [${formatEnumConstraint(of.enum)}]`;
      const items = value.filter((item) => typeof item === "string");
      const violation = formatViolation(`[${items.join(", ")}]`, at.path, constraint);
      for (const item of items) {
        if (!of.enum.includes(item)) yield { place: `${at.place}=${item}`, violation };
      }
      return;
    }
    const namedBy = NAMED_BY[shape.of];
    for (const [index, item] of value.entries()) {
      const name = isDocument(item) && namedBy !== undefined ? item[namedBy] : index;
      const spot = { path: `${at.path}.${index + 1}.member`, place: `${at.place}/${JSON.stringify(name)}` };
      yield* newerValues(item, of, shapes, spot);
    }
  } else if (shape.type === "string" && shape.enum !== undefined && typeof value === "string") {
    if (shape.enum.includes(value)) return;
    const violation = formatViolation(value, at.path, formatEnumConstraint(shape.enum));
    yield { place: `${at.place}=${value}`, violation };
  }
}
