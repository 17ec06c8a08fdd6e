// Pieces of a body as one, for storing it.

/** In memory of its own: what a piece was cut from may be much larger, and others may share it. `length` is that of all together. */
export function joinPieces(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined && only.buffer.byteLength === only.length) return only;
  const joined = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
