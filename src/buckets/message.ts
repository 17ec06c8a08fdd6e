// A request to the bucket store and its answer, without sockets: bodies are streams, for an object may be larger than
// memory.

import type { ApiField } from "../callers/message.ts";

export interface BucketRequest {
  readonly method: string;
  /** As received, before any decoding: the signature covers it. */
  readonly rawPath: string;
  /** After the first `?`, raw; "" without one. */
  readonly rawQuery: string;
  readonly fields: readonly ApiField[];
  /** As on the wire (aws-chunked is still in it). Read at most once; throws when the caller breaks off. */
  readonly body: AsyncIterable<Uint8Array>;
  /** From Content-Length; `undefined` for chunked or none. */
  readonly bodyLength: number | undefined;
  /** Scheme and authority that the caller used: `http://127.0.0.1:7400`. */
  readonly endpoint: string;
  /** Of the peer, without port; IPv4-mapped addresses as IPv4. */
  readonly remoteAddress: string;
}

export interface BucketResponse {
  readonly status: number;
  readonly fields: readonly ApiField[];
  readonly body: BucketBody;
}

export type BucketBody =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly text: string }
  /** Read as fast as the caller takes it; returned early (`return()`) when the caller leaves. To a HEAD only `length` is told. */
  | { readonly kind: "stream"; readonly length: number; readonly chunks: AsyncIterable<Uint8Array> };
