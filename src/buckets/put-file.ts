// A file of the server's own as an object, in the name of an account that wants it there: no request and no signature, but every rule
// that a put of that account's would be held to.

import type { Caller } from "../callers/caller.ts";
import type { AccessKeyId, AccountId } from "../vocabulary/ids.ts";
import { keyTooLong } from "./locate.ts";
import { fail, isS3Failure, type BucketService, type S3Failure } from "./operation.ts";
import { putObject } from "./operations/put-object.ts";
import { unsignedContext } from "./unsigned-context.ts";
import { newIds } from "./write-outcome.ts";

export interface FileToPut {
  readonly account: AccountId;
  /** What the log calls whoever puts it. */
  readonly userName: string;
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** `undefined`: it is there, and safe on the disk. What is thrown is a fault of ours, or of the disk. */
export async function putFile(file: FileToPut, service: BucketService): Promise<S3Failure | undefined> {
  const { account, userName, key, content, bytes } = file;
  const bucket = await service.store.buckets.getBucket(file.bucket);
  if (bucket === undefined) return fail("NoSuchBucket", { why: `there is no bucket ${file.bucket}` });
  const caller: Caller = { account, accessKeyId: "" as AccessKeyId, userName, access: "full", isSession: false };
  const request = {
    endpoint: "",
    remoteAddress: "127.0.0.1",
    method: "PUT",
    fields: [["Content-Type", file.contentType] as const],
  };
  const context = unsignedContext(request, service, {
    principal: { kind: "caller", caller },
    query: new Map(),
    requestId: newIds(service.random).requestId,
  });
  const denied = context.authorize({ action: "s3:PutObject", bucket, key }) ?? keyTooLong(key, service.limits);
  if (denied !== undefined) return denied;
  try {
    const at = { ...context, bucket, key, found: undefined, body: content, bodyLength: bytes };
    const outcome = await putObject(at);
    return outcome.kind === "failure" ? outcome : undefined;
  } catch (thrown) {
    if (isS3Failure(thrown)) return thrown;
    throw thrown;
  }
}
