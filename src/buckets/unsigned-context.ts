// The context of a request whose signature nobody looks at: a page of a website, or a question about one that was never sent.

import { combineField } from "../http/field-list.ts";
import { decideAccess } from "./access/decide-access.ts";
import type { Principal } from "./access/principal.ts";
import type { BucketRequest } from "./message.ts";
import { fail, type BucketContext, type BucketService } from "./operation.ts";

export function unsignedContext(
  request: Pick<BucketRequest, "endpoint" | "remoteAddress" | "method" | "fields">,
  service: BucketService,
  as: {
    readonly principal: Principal;
    readonly query: ReadonlyMap<string, string>;
    readonly requestId: string;
  },
): BucketContext {
  const { endpoint, remoteAddress, method, fields } = request;
  const { principal, query, requestId } = as;
  const field = (lowerName: string): string | undefined => combineField(fields, lowerName);
  const facts = { endpoint, remoteAddress, now: service.clock.now(), field, query };
  return {
    ...facts,
    service,
    principal,
    requestId,
    method,
    fields,
    body: nothing(),
    bodyLength: 0,
    trailers: () => new Map(),
    authorize(asked) {
      const decision = decideAccess({ principal, facts, ...asked });
      return decision.kind === "allowed" ? undefined : fail("AccessDenied", { why: decision.why });
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A body without bytes.
}
