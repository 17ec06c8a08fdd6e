// `X-Amz-Cf-Id` of each answer: 40 random bytes as 56 characters of URL-safe base64. Many ids are drawn at once, because one draw costs as much as
// everything else about an id; and all of a draw follow from its seed, so that whoever writes down which id an answer had needs no more than
// the seed, once, and the id's place. [SEEN 2026-11-20 #1]

import { createCipheriv } from "node:crypto";
import type { RandomBytes } from "../vocabulary/ids.ts";

const ID_BYTES = 40;
const ID_LENGTH = 56;
/** A place takes eight bits. */
export const IDS_PER_DRAW = 256;
const CIPHER = "aes-128-ctr";
const SEED_BYTES = 16;
const FROM_ZERO = Buffer.alloc(SEED_BYTES);
const NOTHING = Buffer.alloc(ID_BYTES * IDS_PER_DRAW);

/** Ids that were drawn together. */
export interface IdDraw {
  /** In hexadecimal digits. */
  readonly seed: string;
  /** Of whoever records (record/): where the seed stands as a text of the block that is being written, and which block that was. */
  ref: number;
  block: object | undefined;
}

export interface RequestIds {
  next(): string;
  /** Of the one that `next` gave last. */
  readonly draw: IdDraw;
  /** Its place in the draw, from 0. */
  readonly place: number;
}

export function openRequestIds(random: RandomBytes): RequestIds {
  let pool = "";
  const ids = {
    draw: { seed: "", ref: 0, block: undefined } as IdDraw,
    place: IDS_PER_DRAW - 1,
    next(): string {
      if (++ids.place === IDS_PER_DRAW) {
        const seed = Buffer.from(random(SEED_BYTES)).toString("hex");
        ids.draw = { seed, ref: 0, block: undefined };
        ids.place = 0;
        pool = drawIds(seed);
      }
      return idAt(pool, ids.place);
    },
  };
  return ids;
}

/** All of a draw, in one text: to cut an id out of it costs next to nothing. */
export function drawIds(seed: string): string {
  const bytes = createCipheriv(CIPHER, Buffer.from(seed, "hex"), FROM_ZERO).update(NOTHING);
  const text = Buffer.allocUnsafe(ID_LENGTH * IDS_PER_DRAW);
  for (let place = 0; place < IDS_PER_DRAW; place++) {
    const id = bytes.toString("base64url", place * ID_BYTES, (place + 1) * ID_BYTES);
    text.write(`${id}==`, place * ID_LENGTH, "latin1");
  }
  return text.toString("latin1");
}

export function idAt(drawn: string, place: number): string {
  return drawn.slice(place * ID_LENGTH, (place + 1) * ID_LENGTH);
}
