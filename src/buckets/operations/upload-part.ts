// PUT of a part [S3API UploadPart, UploadPartCopy]: bytes of the request, or of an object that is there.

import { copyBytes } from "../objects/copy-bytes.ts";
import { findCopySource } from "../objects/copy-source.ts";
import { checksumValueElements } from "../objects/listed-object.ts";
import { ENCRYPTION_FIELD } from "../objects/object-fields.ts";
import { isFailure, refusedField } from "../objects/object-head.ts";
import { nameFile } from "../objects/name-file.ts";
import { fail, invalid, ok, okXml, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import { checksumFields, receivePiece, tooLarge } from "../objects/receive-piece.ts";
import { noSuchUpload, uploadOf } from "../objects/find-upload.ts";
import type { CopiedBytes } from "../objects/copy-bytes.ts";
import type { StoredObject, Upload } from "../../store/buckets.ts";
import { parseUploadChecksum } from "../objects/upload-checksum.ts";
import { isoDate, textElement, xmlDocument } from "../xml.ts";
import { copiedVersionField } from "./copy-object.ts";

export async function uploadPart(at: AtObject): Promise<BucketOutcome> {
  const part = await readPart(at);
  if (isFailure(part)) return part;
  const received = await receivePiece(at, at.service.limits.bucketPieceBytesMax);
  if (received.kind === "failure") return received;
  const kept = await keepPart(at, part.number, received);
  if (kept !== undefined) return kept;
  return ok(200, [["ETag", `"${received.md5}"`], ...checksumFields(received.checksums, "of-part"), ENCRYPTION_FIELD]);
}

export async function uploadPartCopy(at: AtObject): Promise<BucketOutcome> {
  const part = await readPart(at);
  if (isFailure(part)) return part;
  const source = await findCopySource(at);
  if (source.kind === "failure") return source;
  const range = readSourceRange(at, source.object);
  if (range !== undefined && isFailure(range)) return range;
  const bytes = range === undefined ? source.object.bytes : range.last - range.first + 1;
  const bytesMax = at.service.limits.bucketPieceBytesMax;
  if (bytes > bytesMax) return tooLarge(bytes, bytesMax);

  const algorithm = parseUploadChecksum(part.upload.checksum)?.algorithm;
  const copied = await copyBytes(at.service, source.object, { range, algorithm });
  const kept = await keepPart(at, part.number, copied);
  if (kept !== undefined) return kept;
  return okXml(
    xmlDocument(
      "CopyPartResult",
      textElement("LastModified", isoDate(at.now)) +
        textElement("ETag", `"${copied.md5}"`) +
        checksumValueElements(copied.checksums, "of-part"),
    ),
    [...copiedVersionField(source), ENCRYPTION_FIELD],
  );
}

/** Which part of which upload is meant: before its bytes, which may be many; the index looks again when they are there. */
async function readPart(at: AtObject): Promise<{ readonly number: number; readonly upload: Upload } | S3Failure> {
  const number = readPartNumber(at);
  if (typeof number !== "number") return number;
  const refused = refusedField(at);
  if (refused !== undefined) return refused;
  const upload = await uploadOf(at);
  return isFailure(upload) ? upload : { number, upload };
}

/** Of two uploads of the same part the later one stays. */
async function keepPart(
  at: AtObject,
  number: number,
  { piece, md5, checksums }: CopiedBytes,
): Promise<S3Failure | undefined> {
  const { service, bucket, key, query, now } = at;
  const id = query.get("uploadId") ?? "";
  const part = { number, piece, etag: md5, checksums, modifiedAtMs: now };
  const upload = { bucket: bucket.name, key, id };
  const outcome = await nameFile(service, piece, () => service.store.buckets.putPart(upload, part));
  await service.files.remove(outcome === undefined ? [piece] : outcome.freed);
  return outcome === undefined ? noSuchUpload(id) : undefined;
}

function readPartNumber({ query, service }: AtObject): number | S3Failure {
  const { uploadPartsMax } = service.limits;
  const text = query.get("partNumber") ?? "";
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= uploadPartsMax) return number;
  return invalid("partNumber", text, `Part number must be an integer between 1 and ${uploadPartsMax}, inclusive`);
}

/** One range with both ends, within the source. [S3API UploadPartCopy] */
function readSourceRange(
  { field }: AtObject,
  { bytes }: StoredObject,
): { readonly first: number; readonly last: number } | undefined | S3Failure {
  const value = field("x-amz-copy-source-range");
  if (value === undefined) return undefined;
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(value);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || last < first) {
    return invalid(
      "x-amz-copy-source-range",
      value,
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
    );
  }
  if (last < bytes) return { first, last };
  return fail("InvalidRange", {
    message: `Range specified is not valid for source object of size: ${bytes}`,
    details: [["ActualObjectSize", String(bytes)]],
  });
}
