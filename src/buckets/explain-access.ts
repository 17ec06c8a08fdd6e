// What the bucket store would say to an edge, and why, for `warmfront explain`: the same decisions as serve-buckets.ts takes, in
// words. A caller sees only the terse AccessDenied; who owns the distribution may know more, and all of it where the bucket is
// the same account's.

import { parseQuery } from "../wire/operation-path.ts";
import type { EdgePrincipal } from "../model/edge-credential.ts";
import type { AccountId } from "../vocabulary/ids.ts";
import { decideAccess } from "./access/decide-access.ts";
import type { Principal } from "./access/principal.ts";
import { findEdgePrincipal } from "./signatures/authenticate.ts";
import { findOperation } from "./find-operation.ts";
import { locate } from "./locate.ts";
import { unsignedContext } from "./unsigned-context.ts";
import type { BucketService } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

export interface EdgeAsk {
  /** `undefined`: nobody's name is in it. */
  readonly asker: EdgePrincipal | undefined;
  readonly method: string;
  readonly host: string;
  readonly rawPath: string;
  readonly rawQuery: string;
}

export interface AccessInWords {
  readonly decision: string;
  readonly why: string;
}

const ANONYMOUS: Principal = { kind: "anonymous" };

/** `account`: who wants to know. */
export async function explainAccess(ask: EdgeAsk, account: AccountId, service: BucketService): Promise<AccessInWords> {
  const principal = ask.asker === undefined ? ANONYMOUS : await findEdgePrincipal(ask.asker, service);
  if (principal === undefined) {
    return {
      decision: "403 InvalidAccessKeyId",
      why: `there is no ${ask.asker?.kind} ${ask.asker?.id}, or not any more`,
    };
  }
  const location = locate(ask.host, ask.rawPath, service.limits);
  if (location.kind === "failure") return { decision: location.code, why: location.message ?? "the path is no key" };
  const name = location.kind === "service" ? "" : location.bucket;
  const bucket = await service.store.buckets.getBucket(name);
  if (bucket === undefined) return { decision: "404 NoSuchBucket", why: `there is no bucket ${name}` };
  if (location.kind !== "object") {
    return {
      decision: "asked as a website",
      why: "pages are read by nobody in particular: what they show must be public",
    };
  }

  const query = parseQuery(ask.rawQuery) ?? new Map<string, string>();
  const request = {
    ...ask,
    fields: [["Host", ask.host] as const, ["X-Amz-Cf-Id", "explain"] as const],
    endpoint: `http://${ask.host}`,
    remoteAddress: "127.0.0.1",
  };
  const context = unsignedContext(request, service, { principal, query, requestId: "explain" });
  const row = findOperation(location, { method: ask.method, query, field: context.field }, OPERATIONS);
  if ("code" in row) return { decision: row.code, why: row.message ?? "the store does not know such a request" };
  const { key } = location;
  const object =
    key === undefined ? undefined : await service.store.buckets.getObject(name, key, query.get("versionId"));
  const actions = row.on === "bucket" || row.on === "object" ? row.actions : [];
  for (const action of typeof actions === "function" ? actions(context) : [actions].flat()) {
    const asked = { principal, action, bucket, facts: context, ...(key !== undefined && { key, object }) };
    const decision = decideAccess(asked);
    if (decision.kind === "denied") return told("403 AccessDenied", decision.why, bucket.account, account);
  }
  const isRead = row.on === "object" && row.reads === true;
  if (!isRead || (object !== undefined && !object.isDeleteMarker)) {
    return told("allowed", `${row.name} is allowed to it`, bucket.account, account);
  }
  const list = decideAccess({ principal, action: "s3:ListBucket", bucket, facts: context });
  return list.kind === "allowed"
    ? told("404 NoSuchKey", `there is no object ${key}`, bucket.account, account)
    : told(
        "403 AccessDenied",
        `there is no object ${key}, which is told only to those who may list the bucket: ${list.why}`,
        bucket.account,
        account,
      );
}

/** What a policy says is its owner's business. */
function told(decision: string, why: string, owner: AccountId, account: AccountId): AccessInWords {
  return { decision, why: owner === account ? why : "the bucket is another account's, which keeps its reasons" };
}
