// An origin that is a bucket: which store has it, and in whose name it is asked. Compiled once per change of the distribution; what
// an access control says is looked up when the origin is asked (access-controls.ts).

import type { Origin } from "../../model/distribution.ts";
import { edgeCredential, type EdgePrincipal } from "../../model/edge-credential.ts";
import { readS3HostName } from "../../model/s3-host-name.ts";
import { parseResourceId, type AccountId, type ResourceId } from "../../vocabulary/ids.ts";
import type { Signer } from "../../wire/sigv4-sign.ts";
import { describeStore, type OtherStore } from "../bucket-stores.ts";
import { compilePathPattern } from "./path-pattern.ts";

export interface BucketOrigin {
  readonly bucket: string;
  readonly kind: "rest" | "website";
  /** `undefined`: the service's own. */
  readonly store: OtherStore | undefined;
  readonly asker: BucketAsker;
}

/** In whose name the bucket is asked. */
export interface BucketAsker {
  readonly kind: "nobody" | "identity" | "distribution";
  /** For logs and explanations. */
  readonly name: string;
  /** Says whether the distribution's requests are signed; `undefined` for the others. */
  readonly controlId: string | undefined;
  /** `undefined`: nothing is signed, or, where there is somebody to ask for, nothing can be. */
  readonly signer: Signer | undefined;
  /** Why it is so. */
  readonly why: string;
}

export interface BucketMeans {
  readonly otherStores: readonly OtherStore[];
  /** `undefined`: this edge shares none with a bucket store, so it can ask for nobody. */
  readonly serviceSecret: Uint8Array | undefined;
}

export const NO_BUCKET_MEANS: BucketMeans = { otherStores: [], serviceSecret: undefined };

interface Owner {
  readonly id: ResourceId;
  readonly account: AccountId;
}

/** Where the name of an origin tells no region. */
const DEFAULT_REGION = "us-east-1";

/** `undefined`: the origin's name is no bucket's. */
export function compileBucket(origin: Origin, owner: Owner, means: BucketMeans): BucketOrigin | undefined {
  const name = readS3HostName(origin.DomainName);
  if (name === undefined) return undefined;
  const { bucket, kind, region = DEFAULT_REGION } = name;
  // Only our own store knows website endpoints.
  const store = kind === "rest" ? findOtherStore(means.otherStores, bucket) : undefined;
  if (kind === "website") {
    return { bucket, kind, store, asker: nobody("a website endpoint knows no signatures: it is asked anonymously") };
  }
  const principal = principalOf(origin, owner);
  if (principal === undefined) {
    return { bucket, kind, store, asker: nobody("the origin has neither an access identity nor an access control") };
  }
  const controlId = principal.kind === "distribution" ? origin.OriginAccessControlId : undefined;
  if (store === undefined) return { bucket, kind, store, asker: ownAsker(principal, controlId, region, means) };
  return { bucket, kind, store, asker: otherAsker(principal, controlId, owner, store) };
}

function nobody(why: string): BucketAsker {
  return { kind: "nobody", name: "nobody", controlId: undefined, signer: undefined, why };
}

function principalOf(origin: Origin, owner: Owner): EdgePrincipal | undefined {
  if (origin.OriginAccessControlId !== "") return { kind: "distribution", ...owner };
  const path = origin.S3OriginConfig?.OriginAccessIdentity ?? "";
  const id = parseResourceId(path.slice(path.lastIndexOf("/") + 1));
  return id === undefined ? undefined : { kind: "identity", id };
}

function nameOf(principal: EdgePrincipal): string {
  return principal.kind === "identity"
    ? `origin access identity ${principal.id}`
    : `distribution ${principal.id} of account ${principal.account}`;
}

function ownAsker(
  principal: EdgePrincipal,
  controlId: string | undefined,
  region: string,
  { serviceSecret }: BucketMeans,
): BucketAsker {
  const asker = { kind: principal.kind, name: nameOf(principal), controlId };
  if (serviceSecret === undefined) {
    return { ...asker, signer: undefined, why: "this edge shares no secret with a bucket store" };
  }
  const signer = { ...edgeCredential(principal, serviceSecret), region, service: "s3" };
  const why =
    controlId === undefined ? `OriginAccessIdentity is ${principal.id}` : `OriginAccessControlId is ${controlId}`;
  return { ...asker, signer, why };
}

/** The operator's keys open a store to whoever may use them, so that is said by name, and never for all. */
function otherAsker(
  principal: EdgePrincipal,
  controlId: string | undefined,
  owner: Owner,
  store: OtherStore,
): BucketAsker {
  const { accounts, identities, distributions } = store.allow;
  const isAllowed =
    accounts.includes(owner.account) ||
    (principal.kind === "identity" ? identities.includes(principal.id) : distributions.includes(principal.id));
  const name = nameOf(principal);
  if (!isAllowed) {
    return nobody(
      `bucketStores does not allow ${name}, or account ${owner.account}, to use the keys of ${describeStore(store)}`,
    );
  }
  const signer = {
    accessKeyId: store.accessKeyId,
    secret: store.secretAccessKey,
    sessionToken: store.sessionToken,
    region: store.region,
    service: "s3",
  };
  return {
    kind: principal.kind,
    name,
    controlId,
    signer,
    why: `bucketStores allows ${name} to use the keys of ${describeStore(store)}`,
  };
}

/** Read like a path pattern, which is anchored by its slash. */

/** The first that has the bucket; `undefined`: it is the service's own. */
export function findOtherStore(stores: readonly OtherStore[], bucket: string): OtherStore | undefined {
  return stores.find(({ buckets }) =>
    buckets.some((pattern) => compilePathPattern(`/${pattern}`).matches(`/${bucket}`)),
  );
}
