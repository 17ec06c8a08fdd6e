// From a file that was written to one that the index names: between the two, a file is nobody's.

import type { Piece } from "../../store/buckets.ts";
import type { BucketService } from "../operation.ts";

/**
 * What `name` answers, which has the index name the file. When the index faults instead (its disk is full, too) the file
 * goes at once: waiting for the next start to clean up, such files would take the room that is missing.
 */
export async function nameFile<T>(
  { store, files }: Pick<BucketService, "store" | "files">,
  piece: Piece,
  name: () => Promise<T>,
): Promise<T> {
  try {
    return await name();
  } catch (fault) {
    // An index that cannot even say leaves it to clean-up.
    const inUse = await store.buckets.filesInUse([piece.file]).catch(() => undefined);
    if (inUse?.has(piece.file) === false) await files.remove([piece]);
    throw fault;
  }
}
