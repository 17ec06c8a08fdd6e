// PUT of an object [S3API PutObject]: the bytes become a file first, and only a complete file becomes an object.

import { keepObject } from "../objects/keep-object.ts";
import { ok, type AtObject, type BucketOutcome } from "../operation.ts";
import { isFailure, readObjectHead, readPutCondition } from "../objects/object-head.ts";
import { checksumFields, receivePiece } from "../objects/receive-piece.ts";
import { versionField, ENCRYPTION_FIELD } from "../objects/object-fields.ts";

export async function putObject(at: AtObject): Promise<BucketOutcome> {
  const head = await readObjectHead(at);
  if (isFailure(head)) return head;
  const condition = readPutCondition(at);
  if (condition?.kind === "failure") return condition;
  const received = await receivePiece(at, at.service.limits.bucketPieceBytesMax);
  if (received.kind === "failure") return received;

  const object = await keepObject(at, head, received, condition);
  if (isFailure(object)) return object;
  return ok(200, [
    ["ETag", `"${received.md5}"`],
    ...checksumFields(received.checksums),
    ENCRYPTION_FIELD,
    ...versionField(object, at.bucket),
  ]);
}
