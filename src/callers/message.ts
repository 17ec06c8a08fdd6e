// A request to the management port and its answer, without sockets: what service/api-listener.ts reads and writes.

/** Name as received and value, in order of arrival. */
export type ApiField = readonly [name: string, value: string];

export interface ApiRequest {
  readonly method: string;
  /** As received, before any decoding: the signature covers it. */
  readonly rawPath: string;
  /** After the first `?`, raw; "" without one. */
  readonly rawQuery: string;
  readonly fields: readonly ApiField[];
  readonly body: Uint8Array;
  /** Which address the request came in at, as scheme and authority: `http://127.0.0.1:7400`. */
  readonly endpoint: string;
  /** Where it came from. Absent where there is no socket. */
  readonly remoteAddress?: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly fields: readonly ApiField[];
  /** Empty for none. */
  readonly body: string;
  /** Sent instead of `body`: what is no text. */
  readonly bytes?: Uint8Array;
}
