// `X-Amz-Cf-Id` of each answer: 40 random bytes as 56 characters of URL-safe base64. Bytes are drawn for many ids at once,
// because one draw costs as much as everything else about an id. [SEEN 2026-11-20 #1]

import type { RandomBytes } from "../../vocabulary/ids.ts";

const ID_BYTES = 40;
const IDS_PER_DRAW = 256;

export function openRequestIds(random: RandomBytes): () => string {
  let pool: Buffer = Buffer.alloc(0);
  let next = 0;
  return () => {
    if (next + ID_BYTES > pool.length) {
      const drawn = random(ID_BYTES * IDS_PER_DRAW);
      pool = Buffer.from(drawn.buffer, drawn.byteOffset, drawn.byteLength);
      next = 0;
    }
    next += ID_BYTES;
    return `${pool.toString("base64url", next - ID_BYTES, next)}==`;
  };
}
