// Checksums of an object that is put in parts: of the checksums of its parts (COMPOSITE), or as if it were put at once
// (FULL_OBJECT), which a CRC can be computed for without reading anything again. [S3UG checking-object-integrity]

import { openChecksum, type ChecksumAlgorithm } from "../../wire/checksums.ts";
import { combineCrcs, type CrcName } from "./combine-crc.ts";
import { fail, invalid, type BucketContext, type S3Failure } from "../operation.ts";
import { CHECKSUM_ALGORITHMS } from "./receive-piece.ts";

export interface UploadChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: "COMPOSITE" | "FULL_OBJECT";
}

/** The algorithm that a request names; `undefined`: none. */
export function readChecksumAlgorithm({
  field,
}: Pick<BucketContext, "field">): ChecksumAlgorithm | undefined | S3Failure {
  const name = (field("x-amz-checksum-algorithm") ?? field("x-amz-sdk-checksum-algorithm"))?.toUpperCase();
  if (name === undefined) return undefined;
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name);
  if (algorithm !== undefined) return algorithm;
  return invalid(
    "x-amz-checksum-algorithm",
    name,
    `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${CHECKSUM_ALGORITHMS.join(", ")}]`,
  );
}

/** What the start of an upload asks for; `undefined`: nothing. */
export function readUploadChecksum(at: BucketContext): UploadChecksum | undefined | S3Failure {
  const type = at.field("x-amz-checksum-type")?.toUpperCase();
  const algorithm = readChecksumAlgorithm(at);
  if (algorithm === undefined) {
    return type === undefined
      ? undefined
      : fail("InvalidRequest", {
          message: "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        });
  }
  if (typeof algorithm !== "string") return algorithm;
  const asked = type ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  const isPossible =
    asked === "COMPOSITE" ? algorithm !== "CRC64NVME" : asked === "FULL_OBJECT" && algorithm.startsWith("CRC");
  if (isPossible) return { algorithm, type: asked as UploadChecksum["type"] };
  return fail("InvalidRequest", {
    message: `The ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  });
}

/** As an upload keeps it. */
export function parseUploadChecksum(kept: string): UploadChecksum | undefined {
  const [algorithm, type] = kept.split(" ");
  return type === undefined ? undefined : ({ algorithm, type } as UploadChecksum);
}

export interface SummedPart {
  readonly bytes: number;
  readonly checksum: string;
}

/** Of the whole, in base64, `-<parts>` after one of parts; `undefined` where it cannot be computed from the parts'. */
export function computeUploadChecksum(
  { algorithm, type }: UploadChecksum,
  parts: readonly SummedPart[],
): string | undefined {
  if (type === "FULL_OBJECT") return combineCrcs(algorithm as CrcName, parts);
  const sum = openChecksum(algorithm);
  for (const { checksum } of parts) sum.update(Buffer.from(checksum, "base64"));
  return `${sum.digest()}-${parts.length}`;
}
