// A request to an origin as all see it who have to do with it: made by build-origin-request.ts or by a bucket's turn, written by request-head.ts.

import type { EpochMs } from "../../vocabulary/time.ts";
import type { EffectiveOrigin } from "../config/effective-config.ts";
import type { Field, RequestBody } from "../transport/message.ts";

export interface OriginRequest {
  readonly origin: EffectiveOrigin;
  readonly scheme: "http" | "https";
  /** Name or address that is connected to: the origin's own, or that of the store that has its bucket. */
  readonly host: string;
  readonly port: number;
  /** The operator said where: it may be on any address. */
  readonly isOperators: boolean;
  readonly method: string;
  /** OriginPath, raw path and the forwarded query. */
  readonly target: string;
  /** Name for SNI and the certificate: the forwarded Host, or the origin's domain. */
  readonly serverName: string;
  /** Host first; complete but for what frames the body. */
  readonly fields: RequestFields;
  readonly body: RequestBody | undefined;
  /** The fields with those that sign them, made anew for each attempt: a signature is good for minutes. */
  readonly sign?: (at: EpochMs) => readonly Field[];
  /** Asks the origin to switch. */
  readonly upgrade?: "websocket" | undefined;
  /** What comes may be stored, so it must not be larger than what may be cached at all. */
  readonly isCaching: boolean;
  /** A body that ends with its connection is whole however that ends: nobody can tell, and CloudFront does not ask. */
  readonly takesTruncated: boolean;
  /** Hears interim responses, 102 to 199 without 101. */
  readonly onInterim?: ((status: number, fields: readonly Field[]) => void) | undefined;
}

/** What about the request is not the viewer's: our element of Via, the request id, and validators of a stored response. */
export interface OriginRequestFacts {
  readonly requestId: string;
  /** `<32 hex>.cloudfront.net (CloudFront)` */
  readonly viaName: string;
  /** The fetch is for the cache: one answer for many viewers, so what is this viewer's alone does not go along. */
  readonly forCache: boolean;
  /** Replace the viewer's own conditions when a stored response is validated. */
  readonly validators?: readonly Field[];
}

/** Fields that several requests have in common, and their lines once they have been written. */
export interface FieldGroup {
  readonly fields: readonly Field[];
  text: string | undefined;
}

/** All fields of a request but what frames its body, in order; of many requests two groups are the same. */
export interface RequestFields {
  readonly before: FieldGroup;
  readonly own: readonly Field[];
  readonly after: FieldGroup;
}

const NO_FIELDS: FieldGroup = { fields: [], text: "" };

/** Those of one request alone. */
export function ownRequestFields(fields: readonly Field[]): RequestFields {
  return { before: NO_FIELDS, own: fields, after: NO_FIELDS };
}

export function listFields({ before, own, after }: RequestFields): readonly Field[] {
  return [...before.fields, ...own, ...after.fields];
}
