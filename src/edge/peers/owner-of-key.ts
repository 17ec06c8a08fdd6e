// Which worker owns a cache key: it alone stores what the key stands for, and decides about it. All workers of a machine
// compute the same from the text of the key and their number, so nobody has to be asked. [D-0027]

/**
 * The slot that owns a key, from 0 up to and without `count`. A hash of all characters (FNV-1a, its bits mixed at the end): even, and
 * the same in every process. Of a key with variants or parts it is asked for the key without them, so that they stay together.
 */
export function ownerOfKey(text: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % count;
}
