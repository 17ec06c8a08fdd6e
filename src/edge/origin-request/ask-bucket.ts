// Turns a request to an origin that is a bucket into one to the store that has it: where that is, and in whose name it is asked.
// What a viewer sends never changes who asks. A request that would make more of a name than reading or writing the object that
// the viewer named is sent in nobody's, and the store refuses it as it would anybody's. [CFDG private-content-restricting-access-to-s3]

import { splitList } from "../../http/field-list.ts";
import { unreachable } from "../../vocabulary/unreachable.ts";
import { decodeComponent, UNSIGNED_PAYLOAD } from "../../wire/canonical-request.ts";
import { signObjectRequest } from "../../wire/sign-object-request.ts";
import type { Signer } from "../../wire/sigv4-sign.ts";
import { authorityOf, describeStore, type OtherStore } from "../bucket-stores.ts";
import type { BucketOrigin } from "../config/compile-bucket.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import type { Field } from "../transport/message.ts";
import { failure } from "./fetch-faults.ts";
import type { OriginFailure } from "./origin-answer.ts";
import { listFields, ownRequestFields, type OriginRequest } from "./origin-request.ts";
import { whyBeyondObject, withoutUnknownParameters } from "./other-store-rules.ts";

export type BucketDecision =
  | { readonly kind: "signed"; readonly as: Signer; readonly who: string; readonly why: string }
  /** `isStripped`: there is somebody to ask for, so the viewer's own name does not go along either. */
  | { readonly kind: "unsigned"; readonly isStripped: boolean; readonly why: string }
  | { readonly kind: "refused"; readonly why: string };

type Means = Pick<EdgeParts, "buckets" | "accessControls">;

/** `built` as for an origin of any kind. */
export function decideAsker(
  { distribution }: Authorized,
  built: OriginRequest,
  { asker, store }: BucketOrigin,
  { accessControls }: Means,
): BucketDecision {
  if (asker.kind === "nobody") return { kind: "unsigned", isStripped: false, why: asker.why };
  if (asker.controlId !== undefined) {
    const control = accessControls.find(asker.controlId, distribution.account);
    const named = `OriginAccessControlId ${asker.controlId}`;
    if (control === undefined) return { kind: "refused", why: `${named}: there is no such origin access control` };
    if (control.originType !== "s3") {
      return {
        kind: "refused",
        why: `${named} is for origins of type ${control.originType}, and this one is a bucket`,
      };
    }
    switch (control.signingBehavior) {
      case "always":
        break;
      case "never":
        return { kind: "unsigned", isStripped: false, why: `${named}: SigningBehavior is never` };
      case "no-override":
        if (!listFields(built.fields).some(([name]) => name.toLowerCase() === "authorization")) break;
        return {
          kind: "unsigned",
          isStripped: false,
          why: `${named}: SigningBehavior is no-override, and the viewer's own Authorization is forwarded`,
        };
      default:
        return unreachable(control.signingBehavior);
    }
  }
  if (asker.signer === undefined) return { kind: "refused", why: asker.why };
  const beyond = whyBeyond(built, store);
  if (beyond !== undefined) return { kind: "unsigned", isStripped: true, why: `not asked as ${asker.name}: ${beyond}` };
  return { kind: "signed", as: asker.signer, who: asker.name, why: asker.why };
}

/** The request as the store gets it, or why it gets none. `bucket` is that of its origin. */
export function directToBucket(
  exchange: Authorized,
  built: OriginRequest,
  bucket: BucketOrigin,
  edge: Means,
): OriginRequest | OriginFailure {
  const { store } = bucket;
  const { own, signingKeys: keys } = edge.buckets;
  const decision = decideAsker(exchange, built, bucket, edge);
  if (decision.kind === "refused") return failure(502, "origin-access", "origin", decision.why);
  const address = store ?? own;
  if (address === undefined) {
    return failure(
      503,
      "origin-store",
      "origin",
      "where the bucket store listens is not known yet: control has not said it",
    );
  }
  const [rawPath, rawQuery] = splitTarget(built.target);
  const path = store?.addressing === "path" ? `/${bucket.bucket}${rawPath}` : rawPath;
  const host: Field = ["Host", hostOf(built, bucket)];
  const placed = {
    ...built,
    scheme: store?.scheme ?? "http",
    host: address.host,
    port: address.port,
    isOperators: true,
    serverName: store?.addressing === "virtual" ? `${bucket.bucket}.${store.host}` : address.host,
  } as const;
  const others = listFields(built.fields).filter(([name]) => name.toLowerCase() !== "host");
  if (decision.kind === "unsigned" && !decision.isStripped) {
    return { ...placed, target: joinTarget(path, rawQuery), fields: ownRequestFields([host, ...others]) };
  }
  const query = strippedQuery(rawQuery, decision.kind === "signed" ? store : undefined);
  const fields = [host, ...fieldsToSign(exchange, built, others)];
  const target = joinTarget(path, query);
  if (decision.kind === "unsigned") return { ...placed, target, fields: ownRequestFields(fields) };
  const payloadHash = payloadHashOf(built);
  const request = { method: built.method, rawPath: path, rawQuery: query ?? "", fields };
  return {
    ...placed,
    target,
    fields: ownRequestFields(fields),
    sign: (at) => signObjectRequest(request, decision.as, { at, payloadHash, keys }),
  };
}

/** Ours knows the bucket by the name of the origin, whatever Host the behavior forwards: a viewer does not choose it. */
function hostOf({ origin }: OriginRequest, { store, bucket }: BucketOrigin): string {
  if (store === undefined) return origin.domain;
  return store.addressing === "path" ? authorityOf(store) : authorityOf({ ...store, host: `${bucket}.${store.host}` });
}

function splitTarget(target: string): readonly [path: string, query: string | undefined] {
  const mark = target.indexOf("?");
  return mark < 0 ? [target, undefined] : [target.slice(0, mark), target.slice(mark + 1)];
}

function joinTarget(path: string, query: string | undefined): string {
  return query === undefined ? path : `${path}?${query}`;
}

/** Names of other objects, and of locks to open, that would go with the right of who asks. [S3API CopyObject] */
const BEYOND_OBJECT = /^x-amz-(?:copy-source|rename-source|bypass-governance-retention)/;

/** Why a request is more than its origin's name is good for; `undefined`: it is not. */
function whyBeyond(built: OriginRequest, store: OtherStore | undefined): string | undefined {
  const [path, query] = splitTarget(built.target);
  const fields = listFields(built.fields);
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (BEYOND_OBJECT.test(lower)) return `${lower} reaches beyond the object that is asked for`;
    if (lower === "x-amz-content-sha256" && /^STREAMING-AWS4/i.test(value)) {
      return "the body's chunks are signed with the viewer's own key, and would not hold with another";
    }
  }
  return store === undefined ? undefined : whyBeyondObject({ method: built.method, path, query, fields });
}

/** What signing makes, or a viewer's own signature would leave behind. */
const OF_SIGNATURES: ReadonlySet<string> = new Set([
  "authorization",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-security-token",
]);

/** What these get may be stored for everybody, so a viewer's wishes about it go along only where the behavior lists them. */
const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

function fieldsToSign({ behavior }: Authorized, built: OriginRequest, fields: readonly Field[]): readonly Field[] {
  const { headers } = behavior.key;
  const isRead = READS.has(built.method);
  return fields.filter(([name]) => {
    const lower = name.toLowerCase();
    if (OF_SIGNATURES.has(lower)) return false;
    if (!isRead || !lower.startsWith("x-amz-") || lower === "x-amz-cf-id") return true;
    return headers === "all" || headers.includes(lower);
  });
}

/**
 * The viewer's own sum of the body is kept: the store holds the body against it, or takes it out of its chunks. Not without
 * a body, where a wrong sum would only be a way to have an error stored.
 */
function payloadHashOf({ fields, body }: OriginRequest): string {
  if (body === undefined) return UNSIGNED_PAYLOAD;
  const sent = listFields(fields)
    .filter(([name]) => name.toLowerCase() === "x-amz-content-sha256")
    .map(([, value]) => value);
  const [one, ...more] = sent.flatMap(splitList);
  const isKept =
    one !== undefined && more.length === 0 && /^(?:[0-9a-f]{64}|STREAMING-UNSIGNED-PAYLOAD-TRAILER)$/.test(one);
  return isKept ? one : UNSIGNED_PAYLOAD;
}

/** Without a viewer's signature in the address: a store takes one signature, and refuses a request with two. */
function strippedQuery(rawQuery: string | undefined, store: OtherStore | undefined): string | undefined {
  if (rawQuery === undefined) return undefined;
  const kept = rawQuery.split("&").filter((piece) => !SIGNATURE_PARAMETERS.test(nameOf(piece)));
  const sent = store === undefined ? kept : withoutUnknownParameters(kept);
  return sent.length === 0 ? undefined : sent.join("&");
}

function nameOf(piece: string): string {
  const equals = piece.indexOf("=");
  return decodeComponent(equals < 0 ? piece : piece.slice(0, equals)).toLowerCase();
}

const SIGNATURE_PARAMETERS =
  /^(?:x-amz-(?:algorithm|content-sha256|credential|date|expires|security-token|signature|signedheaders)|awsaccesskeyid|signature)$/;

/** For who asks why. */
export function describeBucket({ bucket, kind, store }: BucketOrigin): string {
  return `the ${kind === "website" ? "website of the bucket" : "bucket"} ${bucket} in ${describeStore(store)}`;
}
