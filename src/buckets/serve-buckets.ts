// The life of a request to the bucket store, in order. Start reading here. Every stage answers a value or a failure; the one
// catch-all is at the bottom, and what it catches is either a body that was not what its caller signed or our own fault.

import { isNoRoom } from "../vocabulary/no-room.ts";
import { parseQuery } from "../wire/operation-path.ts";
import { combineField } from "../http/field-list.ts";
import { decideAccess } from "./access/decide-access.ts";
import { authenticateBucketRequest } from "./signatures/authenticate.ts";
import type { BucketCallNotes } from "./call-notes.ts";
import { answerPreflight, findCrossOriginFields } from "./cross-origin.ts";
import { findOperation } from "./find-operation.ts";
import { locate, type Location } from "./locate.ts";
import type { BucketRequest, BucketResponse } from "./message.ts";
import {
  expectOwner,
  fail,
  invalid,
  isS3Failure,
  type Asked,
  type BucketContext,
  type BucketOutcome,
  type BucketService,
  type S3Failure,
} from "./operation.ts";
import type { Actions } from "./operation-row.ts";
import { OPERATIONS } from "./operations.ts";
import { serveWebsite } from "./website/website.ts";
import { withPresignedFields } from "./signatures/presigned-fields.ts";
import { newIds, writeOutcome, type AnswerIds } from "./write-outcome.ts";

/** Always answers, never throws. `notes` is filled in on the way. */
export async function serveBuckets(
  request: BucketRequest,
  service: BucketService,
  notes: BucketCallNotes = {},
): Promise<BucketResponse> {
  const ids = newIds(service.random);
  notes.requestId = ids.requestId;
  const outcome = await answerCrossOrigin(request, { service, ids, notes }).catch((thrown: unknown): S3Failure => {
    if (isS3Failure(thrown)) return thrown;
    service.reportFault(thrown, ids.requestId);
    // S3's disks are never full, so it has no code for that. Its own ones of 5xx have clients try again at once, and in vain.
    return fail(isNoRoom(thrown) ? "InsufficientStorage" : "InternalError");
  });
  if (outcome.kind === "failure") notes.code = outcome.code;
  if (outcome.kind === "failure") service.reportRefusal(outcome.why ?? outcome.message ?? outcome.code, ids.requestId);
  return writeOutcome(outcome, request, ids);
}

interface Answering {
  readonly service: BucketService;
  readonly ids: AnswerIds;
  readonly notes: BucketCallNotes;
}

/** What a page of another origin may read of the answer is in fields of it; whether it may ask at all, in one of its own. */
async function answerCrossOrigin(request: BucketRequest, on: Answering): Promise<BucketOutcome> {
  const { service } = on;
  const field = (lowerName: string): string | undefined => combineField(request.fields, lowerName);
  const location = locate(field("host") ?? "", request.rawPath, service.limits);
  if (location.kind === "failure") return location;
  const asking = { method: request.method, field };
  if (request.method === "OPTIONS" && location.kind === "object") return answerPreflight(asking, location, service);
  const fields = await findCrossOriginFields(asking, location, service);
  const outcome = await answer(request, location, on);
  return fields.length === 0 ? outcome : { ...outcome, fields: [...(outcome.fields ?? []), ...fields] };
}

async function answer(
  request: BucketRequest,
  location: Location,
  { service, ids, notes }: Answering,
): Promise<BucketOutcome> {
  if (location.kind === "website") return serveWebsite(request, location, service, ids);
  const query = parseQuery(request.rawQuery);
  if (query === undefined) return fail("InvalidURI", { details: [["URI", request.rawQuery]] });

  const fields = withPresignedFields(request.fields, query);
  const field = (lowerName: string): string | undefined => combineField(fields, lowerName);
  const row = findOperation(location, { method: request.method, query, field }, OPERATIONS);
  if ("kind" in row) return row;
  notes.operation = row.name;
  // The one operation on a bucket whose subject are objects.
  notes.isAboutObjects = row.on === "object" || row.name === "DeleteObjects";
  if (location.kind !== "service") notes.bucket = location.bucket;
  if (location.kind !== "service" && location.key !== undefined) notes.key = location.key;

  const authenticated = await authenticateBucketRequest(request, location, service);
  if ("kind" in authenticated) return authenticated;
  const { principal, body, bodyLength, trailers } = authenticated;
  if (principal.kind === "caller") notes.caller = principal.caller;
  else if (principal.kind !== "anonymous") notes.isByEdge = true;

  const now = service.clock.now();
  const facts = { endpoint: request.endpoint, remoteAddress: request.remoteAddress, now, field, query };
  const authorize = (asked: Asked): S3Failure | undefined => {
    const decision = decideAccess({ principal, facts, ...asked });
    return decision.kind === "allowed" ? undefined : fail("AccessDenied", { why: decision.why });
  };
  const context: BucketContext = {
    service,
    principal,
    now,
    requestId: ids.requestId,
    method: request.method,
    query,
    field,
    fields,
    endpoint: request.endpoint,
    remoteAddress: request.remoteAddress,
    body,
    bodyLength,
    trailers,
    authorize,
  };
  if (row.on === "service" || location.kind === "service") {
    return row.on === "service" ? row.operate(context) : fail("MethodNotAllowed");
  }
  if (row.on === "name") return row.operate({ ...context, bucketName: location.bucket });

  const bucket = await service.store.buckets.getBucket(location.bucket);
  if (bucket === undefined) return fail("NoSuchBucket", { details: [["BucketName", location.bucket]] });
  const notTheOwner = expectOwner(bucket, field("x-amz-expected-bucket-owner"));
  if (notTheOwner !== undefined) return notTheOwner;

  if (row.on === "bucket" || location.key === undefined) {
    const denied = authorizeAll(row.actions, context, { bucket });
    if (denied !== undefined) return denied;
    return row.on === "bucket" ? row.operate({ ...context, bucket }) : fail("MethodNotAllowed");
  }
  const { key } = location;
  // It would be nobody's version, and a deletion of it a success that deleted nothing.
  if (query.get("versionId") === "") return invalid("versionId", "", "Version id cannot be the empty string");
  const found =
    row.reads === true ? await service.store.buckets.getObject(bucket.name, key, query.get("versionId")) : undefined;
  const denied = authorizeAll(row.actions, context, { bucket, key, object: found });
  return denied ?? row.operate({ ...context, bucket, key, found });
}

function authorizeAll(actions: Actions, context: BucketContext, on: Omit<Asked, "action">): S3Failure | undefined {
  for (const action of typeof actions === "string" ? [actions] : actions(context)) {
    const denied = context.authorize({ ...on, action });
    if (denied !== undefined) return denied;
  }
  return undefined;
}
