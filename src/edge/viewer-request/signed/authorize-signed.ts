// May this viewer have what the behavior's signers guard? The signed URL or the signed cookies decide, and the URL alone where it
// has any of the parameters. Read `prove` from top to bottom for the order of the checks; a URL whose signature is known
// to be good goes straight to its conditions. [CFDG private-content-overview]

import type { EpochMs } from "../../../vocabulary/time.ts";
import { cannedPolicyText } from "../../../model/access-policy.ts";
import { SIGNED_PARAMETERS, verifyPolicy } from "../../../model/viewer-signature.ts";
import type { Signers, TrustedKey, TrustedKeys } from "../../config/trusted-keys.ts";
import { refusal, type Refusal } from "../../exchange.ts";
import type { ViewerRequest } from "../../transport/message.ts";
import { whyDenied } from "./check-policy.ts";
import { compileResource } from "./match-resource.ts";
import type { Proof, ProvenSignatures } from "./proven-signatures.ts";
import { isSignedQuery, readSigned, readSignedCookies, type SignedValues } from "./read-signed.ts";
import {
  hasFailed,
  readKeyId,
  readPolicy,
  readSignature,
  type Failed,
  type SignatureRead,
  type StatedPolicy,
} from "./signed-statement.ts";
import { formatUrl, isAskedFor, signedUrl, writtenUrls, type SignedUrl } from "./signed-url.ts";

export interface Signing {
  readonly keys: TrustedKeys;
  readonly proven: ProvenSignatures;
}

/** What the viewer may have; its query is without the parameters of the signature. */
export interface Admitted {
  readonly query: string | undefined;
  readonly proof: Proof;
}

const SOURCE = "[CFDG private-content-signed-urls]";

export function authorizeSigned(
  request: ViewerRequest,
  signers: Signers,
  now: EpochMs,
  { keys, proven }: Signing,
): Admitted | Refusal {
  const cookies = isSignedQuery(request.query) ? undefined : readSignedCookies(request);
  const carried = cookies === undefined ? (request.query ?? "") : carriedText(cookies);
  const known = proven.find(carried);
  const isProven = known !== undefined && keys.find(signers, known.key.id) === known.key && isSignedFor(known, request);
  const proof = isProven ? known : prove(cookies ?? readSigned(request), request, signers, { keys, proven });
  if (hasFailed(proof)) return refusal(403, proof.failed, proof.why, SOURCE);
  if (!isProven) proven.remember(carried, proof);
  const denied = whyNot(proof, request, now);
  if (denied !== undefined) return refusal(403, "signed-denied", denied, SOURCE);
  return { query: proof.ownQuery, proof };
}

/**
 * What a proof by cookies is found by: everything that `prove` reads of the request but scheme, host and path. A signed URL
 * is found by its query, which has no line breaks, so that neither is ever found by the other's.
 */
function carriedText({ values, ownQuery }: SignedValues): string {
  const written = SIGNED_PARAMETERS.map((name) => `${name}${values.has(name) ? `=${values.get(name)}` : ""}`);
  return `${ownQuery === undefined ? "" : `?${ownQuery}`}\n${written.join("\n")}`;
}

/** A canned policy is of one URL: a proof of it says nothing of others. */
function isSignedFor({ stated, url }: Proof, request: ViewerRequest): boolean {
  return stated.kind === "custom" || isAskedFor(url, request);
}

/** All that can be said without time and place: who signed, what, and that the signature is good. */
function prove(
  values: SignedValues | undefined,
  request: ViewerRequest,
  signers: Signers,
  { keys, proven }: Signing,
): Proof | Failed {
  if (values === undefined) {
    return { failed: "signed-missing-key", why: "the behavior wants signed URLs or cookies, and this is neither" };
  }
  const keyId = readKeyId(values);
  if (typeof keyId !== "string") return keyId;
  const key = keys.find(signers, keyId);
  if (key === undefined) return { failed: "signed-invalid-key", why: `${keyId} is no active key that is trusted here` };
  const signature = readSignature(values);
  if (hasFailed(signature)) return signature;
  const stated = readPolicy(values);
  if (hasFailed(stated)) return stated;
  const url = signedUrl(request, values.ownQuery);
  if (!isSignedBy(key, stated, url, signature, proven)) {
    return { failed: "signed-denied", why: `the signature is not one by ${keyId} of this policy` };
  }
  const resource = stated.kind === "custom" ? stated.policy.resource : undefined;
  return { key, stated, ownQuery: values.ownQuery, url, covers: compileResource(resource, key.kind) };
}

/** The texts that may have been signed: one, or for a canned policy one for each way to write the host. */
export function signedTexts(stated: StatedPolicy, url: SignedUrl): readonly Buffer[] {
  if (stated.kind === "custom") return [stated.bytes];
  return writtenUrls(url).map((written) => Buffer.from(cannedPolicyText(written, stated.expires)));
}

function isSignedBy(
  key: TrustedKey,
  stated: StatedPolicy,
  url: SignedUrl,
  { bytes, hash }: SignatureRead,
  proven: ProvenSignatures,
): boolean {
  const texts = signedTexts(stated, url);
  const parts = [bytes, ...texts].map((part) => `${part.length}:${part.toString("latin1")}`);
  const attempt = `${key.id} ${hash} ${parts.join(" ")}`;
  if (proven.isKnownBad(key, attempt)) return false;
  const isGood = texts.some((text) => verifyPolicy(text, bytes, key.publicKey, hash));
  proven.verified[isGood ? "good" : "bad"]++;
  if (!isGood) proven.rememberBad(key, attempt);
  return isGood;
}

/** Time, address, resource, as they are now. */
function whyNot({ stated, covers, url, ownQuery }: Proof, request: ViewerRequest, now: EpochMs): string | undefined {
  if (stated.kind === "canned") {
    return whyDenied({ lessThan: stated.expires, greaterThan: undefined, addresses: undefined }, now, "");
  }
  const denied = whyDenied(stated.policy, now, request.viewerAddress);
  if (denied !== undefined) return denied;
  const asked = isAskedFor(url, request) ? url : signedUrl(request, ownQuery);
  if (covers(asked)) return undefined;
  return `Resource is ${stated.policy.resource}, which does not cover ${formatUrl(asked, asked.host)}`;
}
