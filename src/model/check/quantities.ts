// Each list says how many items it has, and has that many. Looked at in the document as it was sent, before anything
// is filled in, and everywhere in it: also where the list itself is refused later.

import type { WireDocument } from "../../wire/shape.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { isDocument, isList } from "../sent-value.ts";

/** The first list, in document order, whose Quantity is not the number of its items. `name` is that of `document`. */
export function checkQuantities(document: WireDocument, name: string): ApiFailure | undefined {
  const quantity = document["Quantity"];
  const items = document["Items"];
  const actual = isList(items) ? items.length : 0;
  if (typeof quantity === "number" && quantity !== actual) {
    return fail(
      "InconsistentQuantities",
      `The specified quantity of ${name} (${quantity}) does not match the actual quantity supplied (${actual})`,
    );
  }
  for (const [member, value] of Object.entries(document)) {
    for (const inner of isList(value) ? value : [value]) {
      const failure = isDocument(inner) ? checkQuantities(inner, member) : undefined;
      if (failure !== undefined) return failure;
    }
  }
  return undefined;
}
