// What a caller may do: with full access anything within its account, with read-only access what begins with Get, List
// or Describe. A refusal reads as IAM's does, since people search for its words.

import { formatCallerArn, type Caller } from "../callers/caller.ts";
import { fail, type ApiFailure } from "../model/errors.ts";
import type { WireDocument } from "../wire/shape.ts";
import { textOf } from "./context.ts";
import { KINDS } from "./kinds.ts";

/** For CloudFront's neighbors: the text of a refusal; `undefined`: go on. `action` is `iam:GetUser`, for example. */
export function refuseAction(caller: Caller, action: string, resource: () => string): string | undefined {
  if (caller.access === "full" || /:(?:Get|List|Describe)/.test(action)) return undefined;
  return refusal(caller, action, resource());
}

function refusal(caller: Caller, action: string, resource: string): string {
  return (
    `User: ${formatCallerArn(caller)} is not authorized to perform: ${action} on resource: ` +
    `${resource} because no identity-based policy allows the ${action} action`
  );
}

/** `undefined`: go on. `params` are asked for only where a refusal has to name the resource. [SEEN 2026-11-20 #2] */
export function authorize(caller: Caller, operation: string, params: () => WireDocument): ApiFailure | undefined {
  if (caller.access === "full" || /^(?:Get|List)/.test(operation)) return undefined;
  const action = `cloudfront:${operation.replace(/WithTags$/, "")}`;
  return fail("AccessDenied", refusal(caller, action, resourceOf(caller, operation, params())));
}

/** The ARN that the operation is about; a create is about every resource of its kind. */
export function resourceOf(caller: Caller, operation: string, params: WireDocument): string {
  const arn = textOf(params, "Resource");
  if (arn !== "") return arn;
  const resource = operation.replace(/^[A-Z][a-z]+/, "").replace(/WithTags$/, "");
  const [part] = Object.entries(KINDS).find(([, spec]) => spec.resource === resource) ?? ["distribution"];
  const id = textOf(params, "DistributionId") || textOf(params, "Id") || "*";
  return `arn:aws:cloudfront::${caller.account}:${part}/${id}`;
}
