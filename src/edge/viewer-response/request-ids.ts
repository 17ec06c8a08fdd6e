// `X-Amz-Cf-Id` of each answer: 40 random bytes as 56 characters of URL-safe base64. Bytes are drawn for many ids at once,
// because one draw costs as much as everything else about an id. [SEEN 2026-11-20 #1]

import type { RandomBytes } from "../../vocabulary/ids.ts";

const ID_BYTES = 40;
const ID_LENGTH = 56;
const IDS_PER_DRAW = 256;

export function openRequestIds(random: RandomBytes): () => string {
  let pool = "";
  let next = 0;
  return () => {
    if (next === pool.length) {
      pool = drawIds(random(ID_BYTES * IDS_PER_DRAW));
      next = 0;
    }
    next += ID_LENGTH;
    return pool.slice(next - ID_LENGTH, next);
  };
}

/** In one text: to cut an id out of it costs next to nothing. */
function drawIds(drawn: Uint8Array): string {
  const bytes = Buffer.from(drawn.buffer, drawn.byteOffset, drawn.byteLength);
  const text = Buffer.allocUnsafe(ID_LENGTH * IDS_PER_DRAW);
  for (let index = 0; index < IDS_PER_DRAW; index++) {
    const id = bytes.toString("base64url", index * ID_BYTES, (index + 1) * ID_BYTES);
    text.write(`${id}==`, index * ID_LENGTH, "latin1");
  }
  return text.toString("latin1");
}
