// A viewer's request without some of its fields, for what the edge asks on its own account.

import { newRequestMemo } from "./request-memo.ts";
import type { ViewerRequest } from "./transport/message.ts";

/** `isGone` is asked with names in lower case. */
export function withoutFields(
  request: ViewerRequest,
  isGone: (lowerName: string) => boolean,
): Pick<ViewerRequest, "fields" | "field" | "memo"> {
  return {
    fields: request.fields.filter(([name]) => !isGone(name.toLowerCase())),
    field: (lowerName) => (isGone(lowerName) ? undefined : request.field(lowerName)),
    memo: newRequestMemo(),
  };
}
