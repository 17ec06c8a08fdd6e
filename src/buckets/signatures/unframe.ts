// Takes the framing `aws-chunked` off a body: chunks, their signatures, and the trailer. A chunk's last bytes go on only once
// its signature matched; what is wrong is thrown, as an `S3Failure`, before the end is reached. [S3API sigv4-streaming]

import type { Limits } from "../../vocabulary/limits.ts";
import { openChunkReader, type ChunkEvent } from "../../wire/aws-chunked.ts";
import type { ChunkChain } from "../../wire/chunk-signatures.ts";
import { fail, type S3Failure } from "../operation.ts";

/** How the body is framed, and what it has to come to. */
export interface Framed {
  readonly hasTrailer: boolean;
  readonly chain: ChunkChain | undefined;
  /** Bytes of all chunks. */
  readonly length: number;
  readonly announced: readonly string[];
  /** Filled here. */
  readonly trailers: Map<string, string>;
  readonly limits: Limits;
}

const TRAILER_SIGNATURE = "x-amz-trailer-signature";

/** The bytes of the chunks, each of them vouched for where chunks are signed. Throws an `S3Failure`. */
export async function* unframe(
  source: AsyncIterable<Uint8Array>,
  framed: Framed,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = openChunkReader({
    isSigned: framed.chain !== undefined,
    lineBytesMax: framed.limits.bucketChunkLineBytesMax,
    trailersMax: framed.limits.bucketTrailersMax,
  });
  const take = takeEvents(framed);
  for await (const input of source) {
    for (const event of reader.push(input)) {
      const taken = take.event(event);
      if (taken instanceof Uint8Array) yield taken;
      else if (taken !== undefined) throw taken;
    }
  }
  if (!take.isEnded()) throw fail("IncompleteBody", { why: "the body ended before its last chunk" });
}

/** One event after the other: bytes that go on, or what is wrong with them. */
function takeEvents({ hasTrailer, chain, length, announced, trailers }: Framed): {
  readonly event: (event: ChunkEvent) => Uint8Array | S3Failure | undefined;
  readonly isEnded: () => boolean;
} {
  let isEnded = false;
  let left = length;
  let chunkLeft = 0;
  let chunkSignature = "";
  let trailerSignature: string | undefined;
  const inOrder: (readonly [name: string, value: string])[] = [];

  const closeChunk = (): S3Failure | undefined =>
    chain?.closeChunk(chunkSignature) === false
      ? fail("SignatureDoesNotMatch", { why: "the signature of a chunk does not match" })
      : undefined;

  function end(): S3Failure | undefined {
    isEnded = true;
    if (left > 0) return fail("IncompleteBody", { why: `the chunks have ${left} bytes less than was stated` });
    const isComplete = announced.every((name) => trailers.has(name));
    if (hasTrailer && !isComplete) return fail("MalformedTrailerError", { why: "an announced trailer did not come" });
    if (!hasTrailer || chain === undefined) return undefined;
    if (trailerSignature === undefined) return fail("MalformedTrailerError", { why: "the trailer is not signed" });
    return chain.closeTrailer(inOrder, trailerSignature)
      ? undefined
      : fail("SignatureDoesNotMatch", { why: "the signature of the trailer does not match" });
  }

  return {
    isEnded: () => isEnded,
    event(event) {
      switch (event.kind) {
        case "chunk":
          if (event.bytes > left) {
            return fail("IncompleteBody", { why: "the chunks have more bytes than was stated" });
          }
          left -= event.bytes;
          chunkLeft = event.bytes;
          chunkSignature = event.signature ?? "";
          return event.bytes === 0 ? closeChunk() : undefined;
        case "bytes":
          chain?.update(event.bytes);
          chunkLeft -= event.bytes.length;
          return (chunkLeft === 0 ? closeChunk() : undefined) ?? event.bytes;
        case "trailer":
          if (chain !== undefined && event.name === TRAILER_SIGNATURE) {
            trailerSignature = event.value;
            return undefined;
          }
          if (
            !hasTrailer ||
            trailerSignature !== undefined ||
            trailers.has(event.name) ||
            !announced.includes(event.name)
          ) {
            return fail("MalformedTrailerError", {
              why: `the trailer ${event.name} is not announced, or out of place`,
            });
          }
          trailers.set(event.name, event.value);
          inOrder.push([event.name, event.value]);
          return undefined;
        case "end":
          return end();
        case "malformed":
          return chunkLeft === 0 && isInTrailer()
            ? fail("MalformedTrailerError", { why: event.why })
            : fail("InvalidRequest", { why: event.why, message: "The body is not well-formed aws-chunked." });
      }
    },
  };

  function isInTrailer(): boolean {
    return left === 0 && hasTrailer && inOrder.length > 0;
  }
}
