// Who asks the bucket store: the request's signature, of either version and in header or query, against the access key, the
// session or the edge's credential that it names. Only what is signed makes a principal; a request without a signature is
// anonymous. The body is wrapped, so that it is held against its signature and sums as it is read.

import { callerOf, findCredential } from "../../callers/authenticate.ts";
import { combineField } from "../../http/field-list.ts";
import { edgeCredential, readEdgeAccessKeyId, type EdgePrincipal } from "../../model/edge-credential.ts";
import { readS3HostName } from "../../model/s3-host-name.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { UNSIGNED_PAYLOAD } from "../../wire/canonical-request.ts";
import type { ChunkSigning } from "../../wire/chunk-signatures.ts";
import { formatScope, newSigningKeys } from "../../wire/signing-key.ts";
import { checkOlderSignature, readOlderSignature, type OlderSignature } from "../../wire/sigv2.ts";
import { readSignature, type Signature } from "../../wire/read-signature.ts";
import { checkSignedHead, S3_DIALECT } from "../../wire/sigv4.ts";
import type { Principal } from "../access/principal.ts";
import type { Location } from "../locate.ts";
import type { BucketRequest } from "../message.ts";
import { fail, type BucketService, type S3Failure } from "../operation.ts";
import {
  LIFETIME_ABSENT,
  edgeMismatch,
  olderSignatureFailure,
  ONE_MECHANISM,
  signatureFailure,
  unknownAccessKey,
} from "./signature-failures.ts";
import { readSignedBody } from "./signed-body.ts";

export interface AuthenticatedRequest {
  readonly principal: Principal;
  /** Throws an `S3Failure` where it is not what was signed or summed, at its end at the latest. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly bodyLength: number | undefined;
  readonly trailers: () => ReadonlyMap<string, string>;
}

/** Whose signature it is, and what the body must be held against. */
interface Signed {
  readonly kind: "signed";
  readonly principal: Principal;
  readonly payloadHash: string | undefined;
  readonly signing: ChunkSigning | undefined;
}

const signingKeys = newSigningKeys(1000);

export async function authenticateBucketRequest(
  request: BucketRequest,
  _location: Location,
  service: BucketService,
): Promise<AuthenticatedRequest | S3Failure> {
  const field = (lowerName: string): string | undefined => combineField(request.fields, lowerName);
  const now = service.clock.now();
  const signed = await checkRequest(request, field, service, now);
  if (signed.kind === "failure") return signed;
  const body = readSignedBody({
    chunks: request.body,
    length: request.bodyLength,
    field,
    fields: request.fields,
    payloadHash: signed.payloadHash,
    signing: signed.signing,
    // [S3API CompleteMultipartUpload]
    isChecksumOfOther: request.method === "POST" && /(?:^|&)uploadId=/.test(request.rawQuery),
    limits: service.limits,
  });
  if (body.kind === "failure") return body;
  return { principal: signed.principal, body: body.chunks, bodyLength: body.length, trailers: body.trailers };
}

async function checkRequest(
  request: BucketRequest,
  field: (lowerName: string) => string | undefined,
  service: BucketService,
  now: EpochMs,
): Promise<Signed | S3Failure> {
  const authorization = field("authorization");
  const hasNewerQuery = /(?:^|&)X-Amz-(?:Algorithm|Credential|Signature)=/.test(request.rawQuery);
  const older = readOlderSignature(request);
  const isOlderHeader = authorization?.startsWith("AWS ") === true;
  if (older !== undefined) {
    if (hasNewerQuery || (authorization !== undefined && !isOlderHeader)) return ONE_MECHANISM;
    if (isOlderHeader && /(?:^|&)(?:Signature|AWSAccessKeyId)=/.test(request.rawQuery)) return ONE_MECHANISM;
    if (older.kind === "failure") return olderSignatureFailure(older, { form: "header" }, now);
    return checkOlder(older, request, field, service, now);
  }
  const form = authorization === undefined ? "query" : "header";
  const read = readSignature(request, { services: ["s3"] });
  if (read.kind === "signature") return checkNewer(read, request, service, now);
  if (read.fault !== "absent") return signatureFailure(read, { form }, now);
  const payloadHash = field("x-amz-content-sha256");
  return { kind: "signed", principal: { kind: "anonymous" }, payloadHash, signing: undefined };
}

/** What no proxy and no edge may add unseen, since it changes what is done. The payload's hash is covered in any case. */
function findUnsigned(signature: Signature, request: BucketRequest): string | undefined {
  return request.fields
    .map(([name]) => name.toLowerCase())
    .find((name) => name.startsWith("x-amz-") && !MAY_BE_UNSIGNED.has(name) && !signature.signedHeaders.includes(name));
}

/** The edge's own mark is for logs. */
const MAY_BE_UNSIGNED: ReadonlySet<string> = new Set(["x-amz-content-sha256", "x-amz-cf-id"]);

async function checkNewer(
  signature: Signature,
  request: BucketRequest,
  service: BucketService,
  now: EpochMs,
): Promise<Signed | S3Failure> {
  const { form, statedPayloadHash: stated, expiresSeconds, accessKeyId } = signature;
  if (form === "header" && stated === undefined) {
    return fail("InvalidRequest", { message: "Missing required header for this request: x-amz-content-sha256" });
  }
  if (form === "query" && expiresSeconds === undefined) return LIFETIME_ABSENT;
  const unsigned = findUnsigned(signature, request);
  if (unsigned !== undefined) {
    return fail("AccessDenied", {
      message: "There were headers present in the request which were not signed",
      details: [["HeadersNotSigned", unsigned]],
    });
  }
  const found = await findSecret(signature, request, service);
  if (found.kind === "failure") return found;

  const payloadHashes = stated === undefined ? [UNSIGNED_PAYLOAD] : [stated];
  // A field that is not signed says nothing about what was: a client may send the hash of what it uploads.
  if (form === "query" && stated !== undefined && !signature.signedHeaders.includes("x-amz-content-sha256")) {
    payloadHashes.push(UNSIGNED_PAYLOAD);
  }
  const by = { secret: found.secret, now, keys: signingKeys, payloadHashes, dialect: S3_DIALECT };
  const checked = checkSignedHead(signature, request, by);
  if (checked.kind === "failure") {
    // What an edge signed is shown to viewers: fields that its origin is given in confidence are in it.
    if (found.principal.kind !== "caller") return edgeMismatch(accessKeyId);
    return signatureFailure(checked, signature, now);
  }
  const signing = {
    key: checked.key,
    amzDate: signature.amzDate,
    scope: formatScope({ ...signature, accessKeyId }),
    signature: signature.signature,
  };
  return { kind: "signed", principal: found.principal, payloadHash: stated, signing };
}

async function checkOlder(
  signature: OlderSignature,
  request: BucketRequest,
  field: (lowerName: string) => string | undefined,
  service: BucketService,
  now: EpochMs,
): Promise<Signed | S3Failure> {
  // Edges sign with the newer one only.
  if (readEdgeAccessKeyId(signature.accessKeyId) !== undefined) return unknownAccessKey(signature.accessKeyId);
  const found = await findSecret(signature, request, service);
  if (found.kind === "failure") return found;
  const bucketInHost = readS3HostName(field("host") ?? "")?.bucket;
  const checked = checkOlderSignature(signature, request, { secret: found.secret, now, bucketInHost });
  if (checked.kind === "failure") return olderSignatureFailure(checked, signature, now);
  const payloadHash = field("x-amz-content-sha256");
  return { kind: "signed", principal: found.principal, payloadHash, signing: undefined };
}

interface Found {
  readonly kind: "found";
  readonly secret: string;
  readonly principal: Principal;
}

/** Nothing of it is believed before the signature was found right. */
async function findSecret(
  signature: Signature | OlderSignature,
  request: BucketRequest,
  service: BucketService,
): Promise<Found | S3Failure> {
  const edge = readEdgeAccessKeyId(signature.accessKeyId);
  if (edge !== undefined) {
    if (signature.sessionToken !== undefined) return fail("InvalidToken", { why: "an edge has no session" });
    const principal = await findEdgePrincipal(edge, service);
    if (principal === undefined) {
      return unknownAccessKey(signature.accessKeyId, `there is no ${edge.kind} ${edge.id}, or not any more`);
    }
    return { kind: "found", principal, secret: edgeCredential(edge, service.serviceSecret).secret };
  }
  const credential = await findCredential(signature, request, service);
  if (credential.kind === "failure") {
    const { form, accessKeyId } = signature;
    return signatureFailure(credential, { form, accessKeyId }, service.clock.now());
  }
  return {
    kind: "found",
    principal: { kind: "caller", caller: callerOf(credential) },
    secret: credential.secret,
  };
}

/** `undefined`: it is not there, or not any more. */
export async function findEdgePrincipal(edge: EdgePrincipal, { store }: BucketService): Promise<Principal | undefined> {
  if (edge.kind === "distribution") {
    const found = await store.resources.get("distribution", edge.account, edge.id);
    return found && { kind: "service", account: edge.account, distribution: edge.id };
  }
  const found = await store.resources.getOfAnyAccount("origin-access-identity", edge.id);
  return found && { kind: "identity", id: edge.id, account: found.account, canonicalUserId: found.handle };
}
