// The storage of a worker that has given copies away: as it was, but that whoever has one is told when something else comes in
// its place. An invalidation of the feed is not told: every worker follows the feed by itself.

import type { CacheStorage } from "../storage/cache-storage.ts";
import type { CopyDirectory } from "./copy-directory.ts";

export function announcingStorage(storage: CacheStorage, copies: CopyDirectory): CacheStorage {
  return {
    peek: (key) => storage.peek(key),
    glance: (key) => storage.glance(key),
    find: (key) => storage.find(key),
    inspect: (key) => storage.inspect(key),
    admit(key, head, bodyLength) {
      const admission = storage.admit(key, head, bodyLength);
      // Of what others own nobody has copies from here.
      if (admission === undefined || head.lease !== undefined) return admission;
      return {
        append: (chunk) => admission.append(chunk),
        readBack: (from) => admission.readBack?.(from),
        async commit() {
          const stored = await admission.commit();
          if (stored !== undefined) copies.replaced(key, stored.head);
          return stored;
        },
        abort: () => admission.abort(),
      };
    },
    async refresh(key, stored, head) {
      const refreshed = await storage.refresh(key, stored, head);
      if (head.lease === undefined) copies.replaced(key, refreshed?.head);
      return refreshed;
    },
    drop(key) {
      storage.drop(key);
      copies.replaced(key, undefined);
    },
    invalidate: (invalidated, number) => storage.invalidate(invalidated, number),
    invalidationsWritten: async () => (await storage.invalidationsWritten?.()) ?? true,
    wasEvicted: (key) => storage.wasEvicted?.(key) === true,
    countMatching: (asked) => storage.countMatching(asked),
    counters: () => storage.counters(),
    close: () => storage.close(),
  };
}
