// The stores that hold the buckets of origins: the service's own, whose place control tells, and other S3-compatible ones that
// the operator names with keys of its own. Who may ask in whose name is compiled in config/compile-bucket.ts and
// decided per request in origin-request/ask-bucket.ts.

import { newSigningKeys, type SigningKeys } from "../wire/signing-key.ts";

/** Where a store listens. */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
}

/** A store that is not ours, for the buckets that it is named for. */
export interface OtherStore extends StoreAddress {
  readonly scheme: "http" | "https";
  /** Names, with `*` for any run of characters. */
  readonly buckets: readonly string[];
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** Where a request names the bucket: in its path, or in its host. */
  readonly addressing: "path" | "virtual";
  /** Whose origins are asked for with the operator's keys; all others are asked for in nobody's name. */
  readonly allow: {
    readonly accounts: readonly string[];
    readonly identities: readonly string[];
    readonly distributions: readonly string[];
    /** Accounts whose distributions may have their access logs put there. */
    readonly logs: readonly string[];
  };
}

export interface BucketStores {
  /** The service's own; `undefined` until control has said where it is. */
  own: StoreAddress | undefined;
  readonly signingKeys: SigningKeys;
}

/** A principal's key of one day and region; the oldest goes first. */
const SIGNING_KEYS_MAX = 1000;

export function openBucketStores(): BucketStores {
  return { own: undefined, signingKeys: newSigningKeys(SIGNING_KEYS_MAX) };
}

/** For logs and explanations. */
export function describeStore(store: OtherStore | undefined): string {
  return store === undefined
    ? "the service's own bucket store"
    : `the store at ${store.scheme}://${authorityOf(store)}`;
}

/** As in Host: without the port that is the scheme's own. */
export function authorityOf({ scheme, host, port }: Pick<OtherStore, "scheme" | "host" | "port">): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === (scheme === "https" ? 443 : 80) ? name : `${name}:${port}`;
}
