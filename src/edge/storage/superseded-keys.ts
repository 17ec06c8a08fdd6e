// What was stored, validated or dropped while another process still had the disk: what lies there under these keys is older, and must not
// be found when memory has lost the newer one. Bounded: of very many keys their distributions are left, and it errs by dropping. [D-0025]

import type { DistributionId } from "../../vocabulary/ids.ts";
import type { CacheKey } from "./cache-storage.ts";

export interface SupersededKeys {
  note(key: CacheKey): void;
  readonly keys: Iterable<CacheKey>;
  /** All that lies there of these counts as older. */
  readonly distributions: Iterable<DistributionId>;
}

/** A key without its text, roughly. */
const KEY_BYTES = 128;
const BYTES_MAX = 16_777_216;

export function openSupersededKeys(bytesMax = BYTES_MAX): SupersededKeys {
  const keys = new Map<string, CacheKey>();
  const distributions = new Set<DistributionId>();
  let bytes = 0;

  return {
    note(key) {
      if (distributions.has(key.distribution) || keys.has(key.text)) return;
      keys.set(key.text, key);
      bytes += KEY_BYTES + key.text.length + key.url.length;
      if (bytes <= bytesMax) return;
      for (const { distribution } of keys.values()) distributions.add(distribution);
      keys.clear();
      bytes = 0;
    },
    keys: { [Symbol.iterator]: () => keys.values() },
    distributions,
  };
}
