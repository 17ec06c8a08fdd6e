// The chain of signatures through a body that is signed in chunks: each covers its own bytes and the signature before it, the
// first one that of the request's head, so no chunk can be taken out, moved or repeated. [S3API sigv4-streaming]

import { createHash } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { EMPTY_BODY_HASH, hashText } from "./canonical-request.ts";
import { hmacHex } from "./signing-key.ts";
import { equalSecrets } from "./equal-secrets.ts";

/** What the head of the request was signed with. */
export interface ChunkSigning {
  readonly key: KeyObject;
  readonly amzDate: string;
  /** `date/region/service/aws4_request`. */
  readonly scope: string;
  /** Of the head. */
  readonly signature: string;
}

export interface ChunkChain {
  /** Bytes of the chunk that is under way. */
  update(bytes: Uint8Array): void;
  /** The chunk is whole: was it signed so? */
  closeChunk(signature: string): boolean;
  /** `trailers` in the order of arrival, without the signature itself. */
  closeTrailer(trailers: readonly (readonly [name: string, value: string])[], signature: string): boolean;
}

export function openChunkChain({ key, amzDate, scope, signature }: ChunkSigning): ChunkChain {
  let last = signature;
  let digest = createHash("sha256");
  const matches = (algorithm: string, hashes: readonly string[], stated: string): boolean => {
    const expected = hmacHex(key, [algorithm, amzDate, scope, last, ...hashes].join("\n"));
    last = expected;
    return equalSecrets(stated, expected);
  };
  return {
    update: (bytes) => void digest.update(bytes),
    closeChunk(stated) {
      const hash = digest.digest("hex");
      digest = createHash("sha256");
      return matches("AWS4-HMAC-SHA256-PAYLOAD", [EMPTY_BODY_HASH, hash], stated);
    },
    closeTrailer(trailers, stated) {
      const text = trailers.map(([name, value]) => `${name}:${value}\n`).join("");
      return matches("AWS4-HMAC-SHA256-TRAILER", [hashText(text)], stated);
    },
  };
}
