// POST of an object with `uploadId` [S3API CompleteMultipartUpload]: the parts that are named become the object, as they lie;
// nothing is copied together, so the answer needs no waiting.

import { createHash } from "node:crypto";
import type { Upload, UploadPart } from "../../store/buckets.ts";
import { noSuchUpload, uploadOf } from "../objects/find-upload.ts";
import { encodeKey } from "../objects/listing.ts";
import { checksumValueElements } from "../objects/listed-object.ts";
import { ENCRYPTION_FIELD, entityTagOf, versionField } from "../objects/object-fields.ts";
import { isFailure, readPutCondition, unquoteTag } from "../objects/object-head.ts";
import { fail, okXml, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import { CHECKSUM_ALGORITHMS, readChecksums, tooLarge } from "../objects/receive-piece.ts";
import { computeUploadChecksum, parseUploadChecksum } from "../objects/upload-checksum.ts";
import { newVersionId } from "../objects/version-id.ts";
import type { XmlElement } from "../../wire/xml-reader.ts";
import { childText, isXml, malformed, readXml, textElement, unknownChild, xmlDocument } from "../xml.ts";
import { notPut } from "../objects/keep-object.ts";

interface NamedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksums: Readonly<Record<string, string>>;
}

export async function completeMultipartUpload(at: AtObject): Promise<BucketOutcome> {
  const { service, bucket, key, query, now } = at;
  const root = await readXml(at, "CompleteMultipartUpload");
  if (!isXml(root)) return root;
  const named = readParts(root, service.limits.uploadPartsMax);
  if (isFailure(named)) return named;
  const condition = readPutCondition(at);
  if (condition?.kind === "failure") return condition;
  const upload = await uploadOf(at);
  if (isFailure(upload)) return upload;

  const parts = await chooseParts(at, upload, named);
  if (isFailure(parts)) return parts;
  const content = joinParts(at, upload, parts);
  if (isFailure(content)) return content;
  const id = query.get("uploadId") ?? "";
  const draft = { ...content, newVersionId: newVersionId(service.random) };
  const outcome = await service.store.buckets.completeUpload({ bucket: bucket.name, key, id }, draft, condition, now);
  if (outcome.kind === "no-upload") return noSuchUpload(id);
  // Put again while it was being completed: the caller named another part than is there now.
  if (outcome.kind === "parts-changed") return fail("InvalidPart", { details: [["UploadId", id]] });
  if (outcome.kind !== "put") return notPut(outcome.kind, key, bucket.name);
  await service.files.remove(outcome.freed);
  return okXml(
    xmlDocument(
      "CompleteMultipartUploadResult",
      textElement("Location", `${at.endpoint}/${bucket.name}/${encodeKey(key)}`) +
        textElement("Bucket", bucket.name) +
        textElement("Key", key) +
        textElement("ETag", entityTagOf(outcome.object)) +
        checksumValueElements(outcome.object.checksums),
    ),
    [...versionField(outcome.object, bucket), ENCRYPTION_FIELD],
  );
}

function readParts(root: XmlElement, partsMax: number): readonly NamedPart[] | S3Failure {
  const sums = CHECKSUM_ALGORITHMS.map((algorithm) => `Checksum${algorithm}`);
  const parts: NamedPart[] = [];
  for (const part of root.children) {
    const number = childText(part, "PartNumber")?.trim() ?? "";
    const etag = childText(part, "ETag")?.trim();
    const unknown = unknownChild(part, ["PartNumber", "ETag", ...sums]);
    if (part.name !== "Part" || unknown !== undefined || !/^\d{1,5}$/.test(number) || etag === undefined) {
      return malformed("CompleteMultipartUpload holds Part with PartNumber and ETag");
    }
    const checksums = CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
      const value = childText(part, `Checksum${algorithm}`)?.trim();
      return value === undefined ? [] : [[algorithm, value] as const];
    });
    parts.push({ number: Number(number), etag: unquoteTag(etag), checksums: Object.fromEntries(checksums) });
  }
  if (parts.length === 0 || parts.length > partsMax) return malformed(`${parts.length} parts, not 1 to ${partsMax}`);
  const isOrdered = parts.every(({ number }, at) => number > (parts[at - 1]?.number ?? 0));
  return isOrdered ? parts : fail("InvalidPartOrder");
}

/** The parts as they were put, each held against what the caller says of it. */
async function chooseParts(
  at: AtObject,
  upload: Upload,
  named: readonly NamedPart[],
): Promise<readonly UploadPart[] | S3Failure> {
  const { buckets } = at.service.store;
  const { uploadPartBytesMin: bytesMin } = at.service.limits;
  const there = new Map<number, UploadPart>();
  for (let after = 0; ;) {
    const page = await buckets.listParts(upload, { after, limit: 1000 });
    if (page === undefined) return noSuchUpload(upload.id);
    for (const part of page) there.set(part.number, part);
    const last = page.at(-1);
    if (page.length < 1000 || last === undefined) break;
    after = last.number;
  }
  const chosen: UploadPart[] = [];
  for (const { number, etag, checksums } of named) {
    const part = there.get(number);
    const details = [
      ["UploadId", upload.id],
      ["PartNumber", String(number)],
      ["ETag", etag],
    ] as const;
    if (part === undefined || part.etag !== etag) return fail("InvalidPart", { details });
    const differs = Object.entries(checksums).some(([name, value]) => (part.checksums[name] ?? value) !== value);
    if (differs) return fail("InvalidPart", { details });
    const isLast = chosen.length === named.length - 1;
    if (!isLast && part.piece.bytes < bytesMin) {
      return fail("EntityTooSmall", {
        details: [
          ["ProposedSize", String(part.piece.bytes)],
          ["MinSizeAllowed", String(bytesMin)],
          ...details.slice(1),
        ],
      });
    }
    chosen.push(part);
  }
  return chosen;
}

interface Joined {
  readonly pieces: UploadPart["piece"][];
  readonly bytes: number;
  readonly etag: string;
  readonly checksums: Readonly<Record<string, string>>;
  readonly partBytes: readonly number[];
}

function joinParts(at: AtObject, upload: Upload, parts: readonly UploadPart[]): Joined | S3Failure {
  const partBytes = parts.map(({ piece }) => piece.bytes);
  const bytes = partBytes.reduce((sum, one) => sum + one, 0);
  const bytesMax = at.service.limits.bucketObjectBytesMax;
  if (bytes > bytesMax) return tooLarge(bytes, bytesMax);
  const told = at.field("x-amz-mp-object-size");
  if (told !== undefined && told !== String(bytes)) {
    return fail("InvalidRequest", {
      message: `The provided 'x-amz-mp-object-size' header value ${JSON.stringify(told.slice(0, 20))} does not match what was computed: ${bytes}`,
    });
  }
  const md5 = createHash("md5");
  for (const { etag } of parts) md5.update(etag, "hex");
  const checksums = sumUp(upload, parts);
  for (const [name, value] of Object.entries(readChecksums(at))) {
    const computed = checksums[name];
    // One of parts may be told without their number.
    if (computed !== undefined && value.replace(/-\d+$/, "") !== computed.replace(/-\d+$/, ""))
      return fail("BadDigest");
  }
  return {
    pieces: parts.map(({ piece }) => piece),
    bytes,
    etag: `${md5.digest("hex")}-${parts.length}`,
    checksums,
    partBytes,
  };
}

/** None where a part came without. */
function sumUp(upload: Upload, parts: readonly UploadPart[]): Readonly<Record<string, string>> {
  const asked = parseUploadChecksum(upload.checksum);
  if (asked === undefined) return {};
  const summed = parts.flatMap(({ piece, checksums }) => {
    const checksum = checksums[asked.algorithm];
    return checksum === undefined ? [] : [{ bytes: piece.bytes, checksum }];
  });
  const whole = summed.length === parts.length ? computeUploadChecksum(asked, summed) : undefined;
  return whole === undefined ? {} : { [asked.algorithm]: whole };
}
