// The content codings that the origin is asked for on behalf of the viewer, that separate stored responses, and of which the
// edge chooses when it compresses: what the viewer says, reduced to what the behavior knows. Everything else of
// Accept-Encoding is dropped, so that a handful of browsers does not make a handful of copies.

import { parseAcceptEncoding, weightOfCoding } from "../http/accept-encoding.ts";
import { combineField } from "../http/field-list.ts";
import type { ContentCoding, EffectiveBehavior } from "./config/effective-config.ts";
import type { ViewerRequest } from "./transport/message.ts";

/** In order of preference, as it stands in the key and goes to the origin. `undefined`: none of them. */
export type AcceptedCodings = "br,gzip" | "br" | "gzip" | undefined;

/**
 * None also for HTTP/1.0, and where Accept-Encoding is listed, because then it counts as it is. In `cloudfront` fidelity a
 * coding counts that is named with any weight but 0. In `rfc9111` weights and `*` do: a viewer that likes gzip better than br
 * is one of gzip, and one that likes identity better than either is one of none. [CFDG ServingCompressedFiles],
 * [RFC 9110 §12.5.3]
 */
export function acceptedCodings({ key, fidelity }: EffectiveBehavior, request: ViewerRequest): AcceptedCodings {
  const { codings } = key;
  if (codings.length === 0 || request.httpVersion === "1.0") return undefined;
  const value = combineField(request.fields, "accept-encoding");
  if (value === undefined) return undefined;
  const { br, gzip } = weigh(value)[fidelity];
  const takesBr = br > 0 && codings.includes("br");
  const takesGzip = gzip > 0 && codings.includes("gzip");
  if (takesBr && takesGzip) return gzip > br ? "gzip" : "br,gzip";
  return takesBr ? "br" : takesGzip ? "gzip" : undefined;
}

/**
 * Accept-Encoding towards the origin. `undefined`: not sent. By RFC 9110 that would let the origin choose, so in `rfc9111` a
 * viewer that takes none of our codings has it told, as has everyone of its key; in `cloudfront` it is removed.
 */
export function acceptEncodingForOrigin(
  behavior: EffectiveBehavior,
  request: ViewerRequest,
): AcceptedCodings | "identity" {
  const { key, fidelity } = behavior;
  const accepted = acceptedCodings(behavior, request);
  if (accepted !== undefined || fidelity === "cloudfront" || key.codings.length === 0) return accepted;
  return key.separatesCodings || request.field("accept-encoding") !== undefined ? "identity" : undefined;
}

/** 0: not to be used. */
interface Weights {
  readonly br: number;
  readonly gzip: number;
}

interface Weighed {
  readonly cloudfront: Weights;
  readonly rfc9111: Weights;
}

/** Browsers send a handful of different values, on every request. */
const weighed = new Map<string, Weighed>();
const REMEMBERED_MAX = 256;
const REMEMBERED_LENGTH_MAX = 256;

function weigh(value: string): Weighed {
  const known = weighed.get(value);
  if (known !== undefined) return known;
  const weights = parseAcceptEncoding(value);
  const named = (coding: ContentCoding): number => ((weights.get(coding) ?? 0) > 0 ? 1 : 0);
  // Not named and not meant by a star, identity is only acceptable: it comes after whatever is asked for.
  const identity = weightOfCoding(weights, "identity") ?? 0;
  const negotiated = (coding: ContentCoding): number => {
    const weight = weightOfCoding(weights, coding) ?? 0;
    return weight >= identity ? weight : 0;
  };
  const made = {
    cloudfront: { br: named("br"), gzip: named("gzip") },
    rfc9111: { br: negotiated("br"), gzip: negotiated("gzip") },
  };
  if (weighed.size < REMEMBERED_MAX && value.length <= REMEMBERED_LENGTH_MAX) weighed.set(value, made);
  return made;
}
