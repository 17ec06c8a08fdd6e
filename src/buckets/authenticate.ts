// Who asks the bucket store. For now an access key's secret is not looked at: no listener leads here yet.

import type { AccessKeyId } from "../vocabulary/ids.ts";
import { combineField } from "../http/field-list.ts";
import { DEFAULT_KEY } from "../callers/default-key.ts";
import type { Principal } from "./access/principal.ts";
import type { Location } from "./locate.ts";
import type { BucketRequest } from "./message.ts";
import { fail, type BucketService, type S3Failure } from "./operation.ts";

export interface AuthenticatedRequest {
  readonly principal: Principal;
  readonly body: AsyncIterable<Uint8Array>;
  readonly bodyLength: number | undefined;
  readonly trailers: () => ReadonlyMap<string, string>;
}

export async function authenticateBucketRequest(
  request: BucketRequest,
  _location: Location,
  service: BucketService,
): Promise<AuthenticatedRequest | S3Failure> {
  const { body, bodyLength } = request;
  const trailers = (): ReadonlyMap<string, string> => new Map();
  const id = /Credential=([^/]+)/.exec(combineField(request.fields, "authorization") ?? "")?.[1];
  if (id === undefined) return { principal: { kind: "anonymous" }, body, bodyLength, trailers };
  const key =
    id === DEFAULT_KEY.accessKeyId && service.isDefaultKeyAllowed
      ? DEFAULT_KEY
      : await service.store.credentials.findKey(id as AccessKeyId);
  if (key === undefined) return fail("InvalidAccessKeyId");
  return { principal: { kind: "caller", caller: { ...key, isSession: false } }, body, bodyLength, trailers };
}
