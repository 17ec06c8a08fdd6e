// Long bodies leave spent buffers behind: 64 KB or more for every read from a socket or a file, outside of the heap, with next to nothing in
// it. The collector looks at its heap, finds it empty and lets some 70 MB of them gather, so it is told by bytes instead.
// A young collection of an almost empty heap takes a fraction of a millisecond. [D-0015]

/** Bytes read between two collections: what spent buffers may add to the process, and as much again where bodies are copied. */
const SPENT_BYTES_MAX = 8_388_608;

/** Node has it under `--expose-gc` only; without it there are more spent buffers, and nothing else changes. */
type Collect = (kind: { readonly type: "minor" }) => void;

let spentBytes = 0;

/** For whoever reads bodies from sockets or files: so many bytes came in buffers of their own, which nobody will keep. */
export function noteSpent(bytes: number): void {
  spentBytes += bytes;
  if (spentBytes < SPENT_BYTES_MAX) return;
  spentBytes = 0;
  const { gc } = globalThis as { readonly gc?: Collect };
  // Not in the middle of a reader's work, while its buffer is in use.
  if (gc !== undefined) setImmediate(gc, { type: "minor" });
}
