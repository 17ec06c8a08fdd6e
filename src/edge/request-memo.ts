// What stages keep about a header block that a viewer repeats. Most requests of a connection bring the same fields as the one
// before, byte for byte, so whatever follows from them alone is derived once. The memo is the same object for as long as they
// repeat, and a new one as soon as anything of them differs.

import type { ByteRangeSpec } from "../http/byte-range.ts";
import type { EffectiveBehavior } from "./config/effective-config.ts";

/**
 * Everything in it follows from what is the same for all requests that share it: fields, host, HTTP version, scheme, address and
 * handshake; never from method, target, body or the time. `undefined`: not derived yet. Who takes fields away from a request gives
 * it a new one (without-fields.ts).
 */
export interface RequestMemo {
  /** Distributions that the request came through, by its Via. */
  distributionsPassed: number | undefined;
  /** It brings neither a condition that the edge judges nor a range. */
  asksForWhole: boolean | undefined;
  /** What its Range asks for, if it is one range; none: it is not one of bytes. */
  ranges: readonly ByteRangeSpec[] | undefined;
  /** It says which response it means, by If-Range, If-Match or If-Unmodified-Since. */
  namesResponse: boolean | undefined;
  /** What its fields add to the cache key of this behavior, which was the last that it came to. */
  keyRest: string | undefined;
  keyRestOf: EffectiveBehavior | undefined;
  /** Of whoever records requests (record/): what it makes of User-Agent, Referer, Cookie, Host and the like. */
  record: unknown;
  /** Of the request to an origin (origin-request/forward-fields.ts). */
  forwarded: unknown;
}

/** All slots are there from the start, so that all memos are of one shape. */
export function newRequestMemo(): RequestMemo {
  return {
    distributionsPassed: undefined,
    asksForWhole: undefined,
    ranges: undefined,
    namesResponse: undefined,
    keyRest: undefined,
    keyRestOf: undefined,
    record: undefined,
    forwarded: undefined,
  };
}
