// The body of a request as its caller signed and summed it: the framing `aws-chunked` is taken off (unframe.ts), and lengths,
// hashes and checksums are verified as the bytes pass. What is wrong is thrown, as an `S3Failure`, before the end is reached:
// whoever commits only after the end commits nothing that was not signed.

import type { ApiField } from "../../callers/message.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import { UNSIGNED_PAYLOAD } from "../../wire/canonical-request.ts";
import {
  CHECKSUM_BYTES,
  checksumOfField,
  isBase64Of,
  openChecksum,
  type Checksum,
  type ChecksumAlgorithm,
} from "../../wire/checksums.ts";
import { openChunkChain, type ChunkSigning } from "../../wire/chunk-signatures.ts";
import { fail, type S3Failure } from "../operation.ts";
import { unframe } from "./unframe.ts";

/** What x-amz-content-sha256 may say instead of a hash, and how the body comes then. [S3API sig-v4-header-based-auth] */
const FRAMINGS: ReadonlyMap<string, { readonly isSigned: boolean; readonly hasTrailer: boolean }> = new Map([
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { isSigned: true, hasTrailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { isSigned: true, hasTrailer: true }],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { isSigned: false, hasTrailer: true }],
]);

export interface BodyAsSent {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly length: number | undefined;
  /** By lower-case name; of repeated ones all, with commas. */
  readonly field: (lowerName: string) => string | undefined;
  readonly fields: readonly ApiField[];
  /** As x-amz-content-sha256 has it, in header or query. */
  readonly payloadHash: string | undefined;
  /** `undefined`: the head is not signed with a key that chunks could be signed with. */
  readonly signing: ChunkSigning | undefined;
  /** Checksums in the head are of something else than this body: of the object that its parts become. */
  readonly isChecksumOfOther: boolean;
  readonly limits: Limits;
}

export interface ReadableBody {
  readonly kind: "body";
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly length: number | undefined;
  /** By lower-case name; complete once `chunks` was read to its end. */
  readonly trailers: () => ReadonlyMap<string, string>;
}

/** Something that the bytes must come to. */
interface Expectation {
  readonly checksum: Checksum;
  /** `undefined`: in the trailer. */
  readonly expected: () => string | undefined;
  readonly failure: (expected: string, computed: string) => S3Failure;
}

/** Checks what can be seen before the body, and prepares the rest. */
export function readSignedBody(sent: BodyAsSent): ReadableBody | S3Failure {
  const { payloadHash = UNSIGNED_PAYLOAD, signing } = sent;
  const framing = FRAMINGS.get(payloadHash);
  const isHash = /^[0-9a-f]{64}$/i.test(payloadHash);
  if (framing === undefined && !isHash && payloadHash !== UNSIGNED_PAYLOAD) {
    return fail("InvalidArgument", {
      message: `x-amz-content-sha256 must be ${[UNSIGNED_PAYLOAD, ...FRAMINGS.keys()].join(", ")} or a valid sha256 value.`,
      details: [["ArgumentName", "x-amz-content-sha256"]],
    });
  }
  if (framing?.isSigned === true && signing === undefined) {
    return fail("InvalidRequest", { message: "A body can be signed in chunks only where its request is signed." });
  }
  const announced = (sent.field("x-amz-trailer") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const trailers = new Map<string, string>();
  const expectations = findExpectations(sent, framing?.hasTrailer === true ? announced : [], trailers);
  if ("kind" in expectations) return expectations;
  if (isHash) expectations.push(expectHash(payloadHash.toLowerCase()));

  let { chunks, length } = sent;
  if (framing !== undefined) {
    const stated = sent.field("x-amz-decoded-content-length") ?? "";
    if (!/^\d{1,15}$/.test(stated)) {
      return fail("MissingContentLength", {
        message: "You must provide the x-amz-decoded-content-length HTTP header.",
      });
    }
    length = Number(stated);
    chunks = unframe(sent.chunks, {
      ...framing,
      chain: framing.isSigned && signing !== undefined ? openChunkChain(signing) : undefined,
      length,
      announced,
      trailers,
      limits: sent.limits,
    });
  }
  if (expectations.length > 0) chunks = expecting(chunks, expectations);
  return { kind: "body", chunks, length, trailers: () => trailers };
}

function expectHash(payloadHash: string): Expectation {
  return {
    checksum: openChecksum("SHA256"),
    expected: () => Buffer.from(payloadHash, "hex").toString("base64"),
    failure: (expected, computed) =>
      fail("XAmzContentSHA256Mismatch", {
        details: [
          ["ClientComputedContentSHA256", Buffer.from(expected, "base64").toString("hex")],
          ["S3ComputedContentSHA256", Buffer.from(computed, "base64").toString("hex")],
        ],
      }),
  };
}

function findExpectations(
  { field, fields, isChecksumOfOther }: BodyAsSent,
  announced: readonly string[],
  trailers: ReadonlyMap<string, string>,
): Expectation[] | S3Failure {
  const expectations: Expectation[] = [];
  const md5 = field("content-md5");
  if (md5 !== undefined) {
    if (!isBase64Of(md5, 16)) {
      return fail("InvalidDigest", {
        message: "The Content-MD5 you specified was invalid.",
        details: [["Content-MD5", md5.slice(0, 200)]],
      });
    }
    expectations.push({
      checksum: openChecksum("MD5"),
      expected: () => md5,
      failure: (expected, computed) =>
        fail("BadDigest", {
          message: "The Content-MD5 you specified did not match what we received.",
          details: [
            ["ExpectedDigest", expected],
            ["CalculatedDigest", computed],
          ],
        }),
    });
  }
  const inHead = isChecksumOfOther ? [] : fields.map(([name]) => name.toLowerCase());
  const names = [...inHead, ...announced].filter((name) => checksumOfField(name) !== undefined);
  if (names.length > 1) {
    return fail("InvalidRequest", {
      message: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    });
  }
  for (const name of names) {
    const algorithm = checksumOfField(name);
    if (algorithm === undefined) continue;
    const value = field(name);
    if (value !== undefined && !isBase64Of(value, CHECKSUM_BYTES[algorithm])) return invalidChecksum(name);
    expectations.push({
      checksum: openChecksum(algorithm),
      expected: () => value ?? trailers.get(name),
      failure: (expected) =>
        isBase64Of(expected, CHECKSUM_BYTES[algorithm]) ? wrongChecksum(algorithm) : invalidChecksum(name),
    });
  }
  return expectations;
}

function invalidChecksum(name: string): S3Failure {
  return fail("InvalidRequest", { message: `Value for ${name} header is invalid.` });
}

function wrongChecksum(algorithm: ChecksumAlgorithm): S3Failure {
  return fail("BadDigest", { message: `The ${algorithm} you specified did not match the calculated checksum.` });
}

async function* expecting(
  chunks: AsyncIterable<Uint8Array>,
  expectations: readonly Expectation[],
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    for (const { checksum } of expectations) checksum.update(chunk);
    yield chunk;
  }
  for (const { checksum, expected, failure } of expectations) {
    const stated = expected();
    const computed = checksum.digest();
    if (stated !== undefined && stated !== computed) throw failure(stated, computed);
  }
}
