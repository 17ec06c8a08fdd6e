// One call of an operation, whoever brought it: authorize → find → bind → operate. The XML of the management API (serve.ts) and the
// console's JSON (call-with-json.ts) both end here, so that neither is let do what the other is not.

import { fail } from "../model/errors.ts";
import type { ApiVersion } from "../model/api.ts";
import { apiModel } from "../model/api.ts";
import { shapesWithNewerValues } from "../model/newer-values.ts";
import { bindInput, type RequestParts } from "../wire/operation-binding.ts";
import type { Query } from "../wire/operation-path.ts";
import type { OperationShape, WireDocument } from "../wire/shape.ts";
import type { Caller } from "../callers/caller.ts";
import { noteCreated, type CallNotes } from "./audit.ts";
import { authorize, resourceOf } from "./authorize.ts";
import type { Control } from "./context.ts";
import { findOperation } from "./operations.ts";

/** Why there is no output: code and message; the status is the table's. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What is asked, in the words of one version. */
export interface Call {
  readonly version: ApiVersion;
  readonly name: string;
  readonly operation: OperationShape;
  readonly parts: RequestParts;
  /** Scheme and authority that the caller used, for Location. */
  readonly endpoint: string;
}

export type Carried = { readonly kind: "ok"; readonly output: WireDocument } | ({ readonly kind: "failure" } & Failure);

/** What becomes known of the call is added to `notes`. Throws on a fault of our own only. */
export async function carryOut(
  { version, name, operation, parts, endpoint }: Call,
  { caller, control, notes }: { readonly caller: Caller; readonly control: Control; readonly notes: CallNotes },
): Promise<Carried> {
  const params = (): WireDocument => ({ ...boundQuery(operation, parts.query), ...parts.params });
  notes.operation = `cloudfront:${name}`;
  if (control.audit !== undefined) notes.resource = resourceOf(caller, name, params());
  const denied = authorize(caller, name, params);
  if (denied !== undefined) return denied;
  const operate = findOperation(name);
  if (operate === undefined) return notBuilt(name);

  // A client that updates sends back what it was shown, values of newer versions among it; the model holds them against
  // what is stored.
  const shapes = name.startsWith("Update") ? shapesWithNewerValues(version) : apiModel(version).shapes;
  const { limits } = control;
  const bound = bindInput(operation, parts, {
    shapes,
    depthMax: limits.apiXmlDepthMax,
    elementsMax: limits.apiXmlElementsMax,
  });
  if (bound.kind === "failure") return bound;

  const outcome = await operate(bound.input, { control, caller, version, now: control.clock.now(), endpoint });
  if (outcome.kind === "ok") noteCreated(notes, outcome.output);
  return outcome;
}

/** The parameters that the operation reads: a refusal must not speak of any other. */
function boundQuery({ input }: OperationShape, query: Query): WireDocument {
  const bound = input.filter(({ in: place, name }) => place === "query" && query.has(name));
  return Object.fromEntries(bound.map(({ member, name }) => [member, query.get(name)]));
}

function notBuilt(operation: string): Carried {
  return fail(
    "UnsupportedOperation",
    `${operation} is not built yet in this server; docs/compatibility.md lists what is.`,
  );
}
